import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { Kind, parse } from "graphql";

import { knowledge } from "./knowledge";
import { asText, filledVariables, type Step } from "./step";

/** Goes to the tab of a step, or opens a new one with all filled in that is known. */
export function useOpenStep(): (step: Step) => void {
  const { addTab, changeTab, setOperationFacts, updateActiveTabValues } = useGraphiQLActions();
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
      updateActiveTabValues({ operationName: step.operation });
      // GraphiQL takes a moment to read the document; whoever is faster would run the operation of the tab before.
      setOperationFacts(factsOf(step));
    }
    queryEditor?.focus(); // Ctrl-Enter works there
  };
}

function factsOf(step: Step): Parameters<ReturnType<typeof useGraphiQLActions>["setOperationFacts"]>[0] {
  const documentAST = parse(step.document);
  const operations = documentAST.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return { documentAST, operationName: step.operation, operations };
}
