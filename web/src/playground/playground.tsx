import { GraphiQL } from "graphiql";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";

import { editorStorage } from "./editor-storage";
import { type Answer, playgroundFetcher } from "./fetcher";
import { CarryOver } from "./journey/carry-over";
import { JOURNEY_PLUGIN } from "./journey/journey-panel";
import { learn } from "./journey/knowledge";
import { asText, STEPS } from "./journey/steps";
import { adopt, resume, type Session } from "./session/session";
import { SignInBar } from "./session/sign-in-bar";

const TABS = STEPS.map(({ document, variables }) => ({ query: document, variables: asText(variables) }));
const PLUGINS = [JOURNEY_PLUGIN, HISTORY_PLUGIN];
const STORAGE = editorStorage();
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

function takeNote(answer: Answer): void {
  learn(answer);
  for (const result of Object.values(answer.data)) if (isSession(result)) adopt(result);
}

/** A session opened by hand in a tab counts as much as one opened in the header bar. */
function isSession(result: unknown): result is Session {
  return typeof result === "object" && result !== null && "accessToken" in result && "refreshToken" in result;
}
