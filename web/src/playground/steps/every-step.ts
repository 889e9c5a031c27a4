import { STEPS } from "../journey/steps";
import { RECIPES } from "../recipes/recipes";
import type { Fact, Step } from "./step";

/** The journey's steps, then the recipes. */
export const EVERY_STEP: Step[] = [...STEPS, ...RECIPES.flatMap((group) => group.recipes)];

export function stepOf(operation: string | undefined): Step | undefined {
  return EVERY_STEP.find((step) => step.operation === operation);
}

/** The first step that finds out a fact. */
export function sourceOf(fact: Fact): Step | undefined {
  return EVERY_STEP.find((step) => step.learns?.[fact] !== undefined);
}
