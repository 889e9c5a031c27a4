import { useGraphiQL } from "@graphiql/react";
import { useEffect, useRef } from "react";

import { useStore } from "../store";
import { stepOf } from "./every-step";
import { knowledge } from "./knowledge";
import { asText, fillsOf, put } from "./step";

/**
 * Fills what earlier steps found into the variables of the tab that is open.
 * Each value is written once, so that what a person types over it stays.
 */
export function CarryOver() {
  const { facts } = useStore(knowledge);
  const written = useRef(new Map<string, string | number>());
  const { operation, variableEditor, tab } = useGraphiQL((state) => ({
    operation: state.tabs[state.activeTabIndex]?.operationName,
    tab: state.tabs[state.activeTabIndex]?.id,
    variableEditor: state.variableEditor,
  }));

  useEffect(() => {
    const step = stepOf(operation ?? undefined);
    if (!step || !variableEditor) return;
    const fresh = fillsOf(step, facts).filter(([path, value]) => written.current.get(`${tab} ${path}`) !== value);
    if (!fresh.length) return;
    const variables = parsed(variableEditor.getValue());
    if (variables === undefined) return;
    for (const [path, value] of fresh) {
      put(variables, path, value);
      written.current.set(`${tab} ${path}`, value);
    }
    const text = asText(variables);
    if (text !== variableEditor.getValue()) variableEditor.setValue(text);
  }, [facts, operation, tab, variableEditor]);

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
