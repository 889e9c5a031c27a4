import { STEPS } from "../journey/steps";
import { RECIPES } from "../recipes/recipes";
import { type Fact, type Facts, missingFacts, type Step } from "./step";

/** The journey's steps, then the recipes. */
export const EVERY_STEP: Step[] = [...STEPS, ...RECIPES.flatMap((group) => group.recipes)];

export function stepOf(operation: string | undefined): Step | undefined {
  return EVERY_STEP.find((step) => step.operation === operation);
}

/**
 * The step to run for a fact: one that goes on with what is known already, such as the new house of a hotelier,
 * else the first one that finds it out.
 */
export function sourceOf(fact: Fact, facts: Facts): Step | undefined {
  const sources = EVERY_STEP.filter((step) => step.learns?.[fact] !== undefined);
  return sources.find((step) => step.fills && !missingFacts(step, facts).length) ?? sources[0];
}
