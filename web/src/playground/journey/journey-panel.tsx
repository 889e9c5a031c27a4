import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from "@graphiql/react";

import { useStore } from "../store";
import { knowledge, NOTHING } from "./knowledge";
import { asText, type Fact, type Step, STEPS } from "./steps";

const SHOWN: [Fact, string][] = [
  ["email", "E-mail"],
  ["hotelId", "Hotel"],
  ["roomTypeId", "Room type"],
  ["ratePlanId", "Rate plan"],
  ["quoteId", "Quote"],
  ["bookingId", "Booking"],
];

/** The way from an account to a paid booking, and what has been found out on it so far. */
function JourneyPanel() {
  const { facts, done } = useStore(knowledge);
  const open = useOpenStep();
  const active = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.operationName);
  const known = SHOWN.filter(([fact]) => facts[fact]);
  const checkout = webAddress(facts.checkoutUrl);
  return (
    <section className="journey" aria-label="Journey">
      <h2 className="journey-title">Journey</h2>
      <p>From an account to a paid booking. Run each step with Ctrl-Enter; ids carry over to the next one by themselves.</p>
      <ol className="journey-steps">
        {STEPS.map((step) => (
          <li key={step.operation} className={done.includes(step.operation) ? "done" : undefined}>
            <button type="button" aria-current={active === step.operation ? "step" : undefined} onClick={() => open(step)}>
              {step.title}
              {done.includes(step.operation) && <span className="journey-done" role="img" aria-label="done" />}
            </button>
          </li>
        ))}
      </ol>
      {checkout && (
        <p>
          <a className="journey-checkout" href={checkout} target="_blank" rel="noopener noreferrer">
            Open the checkout page
          </a>
        </p>
      )}
      {known.length > 0 && (
        <>
          <h3 className="journey-subtitle">Found so far</h3>
          <dl className="journey-facts">
            {known.map(([fact, label]) => (
              <div key={fact}>
                <dt>{label}</dt>
                <dd>{facts[fact]}</dd>
              </div>
            ))}
          </dl>
          <button type="button" className="journey-forget" onClick={() => knowledge.set(NOTHING)}>
            Forget these
          </button>
        </>
      )}
    </section>
  );
}

/** Goes to the tab of a step, and opens it anew if it was closed. */
function useOpenStep(): (step: Step) => void {
  const { addTab, changeTab } = useGraphiQLActions();
  const { tabs, queryEditor, variableEditor } = useGraphiQL((state) => ({
    tabs: state.tabs,
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
  }));
  return (step) => {
    const index = tabs.findIndex((tab) => tab.operationName === step.operation);
    if (index >= 0) {
      changeTab(index);
      return;
    }
    addTab();
    queryEditor?.setValue(step.document);
    variableEditor?.setValue(asText(step.variables));
  };
}

function webAddress(text: string | undefined): string | undefined {
  if (!text || !URL.canParse(text, window.location.href)) return undefined;
  const url = new URL(text, window.location.href);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
}

function JourneyIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" aria-hidden="true">
      <circle cx="6" cy="19" r="2.5" />
      <circle cx="18" cy="5" r="2.5" />
      <path d="M8.5 19H16a3.5 3.5 0 0 0 0-7H8a3.5 3.5 0 0 1 0-7h7.5" />
    </svg>
  );
}

export const JOURNEY_PLUGIN: GraphiQLPlugin = { title: "Journey", icon: JourneyIcon, content: JourneyPanel };
