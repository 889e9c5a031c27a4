import { aroundToday, FRESH, nextMonth, stayNextMonth } from "../steps/stay";
import type { Step } from "../steps/step";
import groups from "./recipes.json";

export interface RecipeGroup {
  title: string;
  intro: string;
  recipes: Step[];
}

const DOCUMENTS = import.meta.glob<string>("./*/*.graphql", { query: "?raw", import: "default", eager: true });
const PLACES: Record<string, string> = { ...aroundToday(), ...stayNextMonth(), ...nextMonth(), fresh: FRESH };

/** recipes.json, which the tests play as well, with its documents and with dates around today and of next month. */
export const RECIPES: RecipeGroup[] = groups.map(({ title, folder, intro, recipes }) => ({
  title,
  intro,
  recipes: (recipes as Step[]).map((recipe) => ({
    ...recipe,
    document: documentAt(`./${folder}/${recipe.document}.graphql`),
    variables: dated(recipe.variables),
  })),
}));

function documentAt(path: string): string {
  const document = DOCUMENTS[path];
  if (document === undefined) throw new Error(`A recipe's document is missing: ${path}`);
  return document;
}

function dated(variables: object): object {
  const text = JSON.stringify(variables).replace(/\{(\w+)\}/g, (placeholder, name: string) => PLACES[name] ?? placeholder);
  return JSON.parse(text) as object;
}
