import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import type { TabsState } from "@graphiql/react";
import { GraphiQL } from "graphiql";

import { editorStorage } from "./editor-storage";
import { type Answer, playgroundFetcher } from "./fetcher";
import { CarryOver } from "./journey/carry-over";
import { JOURNEY_PLUGIN } from "./journey/journey-panel";
import { learn } from "./journey/knowledge";
import { asText, STEPS } from "./journey/steps";
import { adopt, resume, type Session } from "./session/session";
import { SignInBar } from "./session/sign-in-bar";

const STORAGE = editorStorage();
const TABS = STEPS.map(({ document, variables }) => ({ query: document, variables: asText(variables) }));
const OPEN = openTab();
const PLUGINS = [JOURNEY_PLUGIN, HISTORY_PLUGIN];
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
          visiblePlugin={JOURNEY_PLUGIN}
          storage={STORAGE}
          inputValueDeprecation
          schemaDescription
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
          <CarryOver />
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
