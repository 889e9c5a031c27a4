import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import type { TabsState } from "@graphiql/react";
import { GraphiQL } from "graphiql";

import { EditorComfort } from "./editor-comfort";
import { editorStorage } from "./editor-storage";
import { type Answer, playgroundFetcher } from "./fetcher";
import { GUIDE_PLUGIN } from "./guide/guide-panel";
import { STEPS } from "./journey/steps";
import { adopt, resume, type Session } from "./session/session";
import { SignInBar } from "./session/sign-in-bar";
import { CarryOver } from "./steps/carry-over";
import { learn } from "./steps/knowledge";
import { asText } from "./steps/step";

const STORAGE = editorStorage();
const TABS = STEPS.map(({ document, variables }) => ({ query: document, variables: asText(variables) }));
const OPEN = openTab();
const PLUGINS = [GUIDE_PLUGIN, HISTORY_PLUGIN];
const FETCHER = playgroundFetcher(takeNote);

resume();

export function Playground() {
  return (
    <div className="page">
      <SignInBar />
      <main className="editor">
        <GraphiQL
          fetcher={FETCHER}
          defaultTabs={TABS}
          initialQuery={OPEN.query}
          initialVariables={OPEN.variables}
          defaultEditorToolsVisibility="variables"
          plugins={PLUGINS}
          visiblePlugin={GUIDE_PLUGIN}
          storage={STORAGE}
          inputValueDeprecation
          schemaDescription
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
          <CarryOver />
          <EditorComfort />
        </GraphiQL>
      </main>
    </div>
  );
}

/** What the editors begin with: GraphiQL restores its tabs, but not the variables of the open one. */
function openTab(): { query: string; variables: string } {
  const stored = STORAGE.getItem("graphiql:tabState");
  const { tabs, activeTabIndex } = stored ? (JSON.parse(stored) as TabsState) : { tabs: TABS, activeTabIndex: 0 };
  const tab = tabs[activeTabIndex];
  return { query: tab?.query ?? "", variables: tab?.variables ?? "" };
}

function takeNote(answer: Answer): void {
  learn(answer);
  for (const result of Object.values(answer.data)) if (isSession(result)) adopt(result);
}

/** A session opened by hand in a tab counts as much as one opened in the header bar. */
function isSession(result: unknown): result is Session {
  return typeof result === "object" && result !== null && "accessToken" in result && "refreshToken" in result;
}
