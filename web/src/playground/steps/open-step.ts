import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";

import { knowledge } from "./knowledge";
import { asText, filledVariables, type Step } from "./step";

/** Goes to the tab of a step, or opens a new one with all filled in that is known. */
export function useOpenStep(): (step: Step) => void {
  const { addTab, changeTab, setOperationName } = useGraphiQLActions();
  const { tabs, queryEditor, variableEditor } = useGraphiQL((state) => ({
    tabs: state.tabs,
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
  }));
  return (step) => {
    const index = tabs.findIndex((tab) => tab.operationName === step.operation);
    if (index >= 0) {
      changeTab(index);
    } else {
      addTab();
      queryEditor?.setValue(step.document);
      variableEditor?.setValue(asText(filledVariables(step, knowledge.get().facts)));
    }
    // GraphiQL takes a moment to read the document; whoever is faster would run the operation of the tab before.
    setOperationName(step.operation);
  };
}
