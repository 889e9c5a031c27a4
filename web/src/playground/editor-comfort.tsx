import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

/** What GraphiQL leaves out: long lines wrap, and the tab that is open can be seen. */
export function EditorComfort() {
  const { queryEditor, variableEditor, tab } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
    tab: state.tabs[state.activeTabIndex]?.id,
  }));

  useEffect(() => {
    for (const editor of [queryEditor, variableEditor]) editor?.updateOptions({ wordWrap: "on" });
  }, [queryEditor, variableEditor]);

  useEffect(() => {
    document.querySelector(".graphiql-tab-active")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [tab]);

  return null;
}
