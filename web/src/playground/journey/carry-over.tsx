import { useGraphiQL } from "@graphiql/react";
import { useEffect, useRef } from "react";

import { useStore } from "../store";
import { fillsOf, knowledge, put } from "./knowledge";
import { asText, STEPS } from "./steps";

/**
 * Fills the ids that earlier steps found into the variables of the tab that is open.
 * Each value is written once, so that what a person types over it stays.
 */
export function CarryOver() {
  const known = useStore(knowledge);
  const written = useRef(new Map<string, string>());
  const { operation, variableEditor, tab } = useGraphiQL((state) => ({
    operation: state.tabs[state.activeTabIndex]?.operationName,
    tab: state.tabs[state.activeTabIndex]?.id,
    variableEditor: state.variableEditor,
  }));

  useEffect(() => {
    const step = STEPS.find((each) => each.operation === operation);
    if (!step || !variableEditor) return;
    const fresh = fillsOf(step, known).filter(([path, value]) => written.current.get(`${tab} ${path}`) !== value);
    if (!fresh.length) return;
    const variables = parsed(variableEditor.getValue());
    if (variables === undefined) return;
    for (const [path, value] of fresh) {
      put(variables, path, value);
      written.current.set(`${tab} ${path}`, value);
    }
    const text = asText(variables);
    if (text !== variableEditor.getValue()) variableEditor.setValue(text);
  }, [known, operation, tab, variableEditor]);

  return null;
}

/** Undefined while a person is in the middle of typing. */
function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text || "{}");
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
