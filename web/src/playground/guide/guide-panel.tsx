import { type GraphiQLPlugin, useGraphiQL } from "@graphiql/react";

import { STEPS } from "../journey/steps";
import { RECIPES } from "../recipes/recipes";
import { sourceOf } from "../steps/every-step";
import { type Knowledge, knowledge, NOTHING } from "../steps/knowledge";
import { useOpenStep } from "../steps/open-step";
import { type Fact, missingFacts, type Step } from "../steps/step";
import { useStore } from "../store";

const SHOWN: [Fact, string][] = [
  ["email", "E-mail"],
  ["hotelId", "Hotel"],
  ["roomTypeId", "Room type"],
  ["ratePlanId", "Rate plan"],
  ["quoteId", "Quote"],
  ["bookingId", "Booking"],
  ["ownHotelId", "Own house"],
  ["hotelVersion", "Version of the house"],
  ["ratesVersion", "Version of its rates"],
  ["ownRoomTypeId", "Own room type"],
  ["ownRatePlanId", "Own rate plan"],
  ["roomId", "Own room"],
  ["inventoryVersion", "Version of its inventory"],
];

/** What can be opened with one click, and what has been found out so far. */
function GuidePanel() {
  const known = useStore(knowledge);
  const checkout = webAddress(known.facts.checkoutUrl);
  return (
    <div className="guide">
      <section aria-labelledby="guide-journey">
        <h2 id="guide-journey">Journey</h2>
        <p>From an account to a paid booking. Run each step with Ctrl-Enter; ids carry over to the next one by themselves.</p>
        <ol className="guide-steps journey-steps">
          {STEPS.map((step) => (
            <StepEntry key={step.operation} step={step} known={known} before={[]} />
          ))}
        </ol>
        {checkout && (
          <p>
            <a className="guide-checkout" href={checkout} target="_blank" rel="noopener noreferrer">
              Open the checkout page
            </a>
          </p>
        )}
      </section>
      <section aria-labelledby="guide-recipes">
        <h2 id="guide-recipes">Recipes</h2>
        <p>Each opens in a tab of its own, with what is known filled in.</p>
        {RECIPES.map((group) => (
          <details key={group.title} open>
            <summary>{group.title}</summary>
            <p>{group.intro}</p>
            <ul className="guide-steps recipe-steps">
              {group.recipes.map((recipe) => (
                <StepEntry key={recipe.operation} step={recipe} known={known} before={stepsBefore(recipe, known)} />
              ))}
            </ul>
          </details>
        ))}
      </section>
      <FoundSoFar known={known} />
    </div>
  );
}

function StepEntry({ step, known, before }: { step: Step; known: Knowledge; before: Step[] }) {
  const open = useOpenStep();
  const active = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.operationName === step.operation);
  const done = known.done.includes(step.operation);
  return (
    <li>
      <button type="button" aria-current={active ? "step" : undefined} onClick={() => open(step)}>
        {step.title}
        {done && <span className="guide-done" role="img" aria-label="done" />}
      </button>
      {before.length > 0 && <span className="guide-before">after {before.map((each) => each.title).join(", ")}</span>}
    </li>
  );
}

/** What has to be run first, so that this step has all it needs. */
function stepsBefore(step: Step, { facts }: Knowledge): Step[] {
  const sources = missingFacts(step, facts).map((fact) => sourceOf(fact, facts));
  return [...new Set(sources.filter((source) => source !== undefined))];
}

function FoundSoFar({ known }: { known: Knowledge }) {
  const found = SHOWN.filter(([fact]) => known.facts[fact] !== undefined);
  if (!found.length) return null;
  return (
    <section aria-labelledby="guide-found">
      <h2 id="guide-found">Found so far</h2>
      <dl className="guide-facts">
        {found.map(([fact, label]) => (
          <div key={fact}>
            <dt>{label}</dt>
            <dd>{known.facts[fact]}</dd>
          </div>
        ))}
      </dl>
      <button type="button" className="guide-forget" onClick={() => knowledge.set(NOTHING)}>
        Forget these
      </button>
    </section>
  );
}

function webAddress(text: string | number | undefined): string | undefined {
  if (typeof text !== "string" || !URL.canParse(text, window.location.href)) return undefined;
  const url = new URL(text, window.location.href);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
}

function GuideIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" aria-hidden="true">
      <circle cx="6" cy="19" r="2.5" />
      <circle cx="18" cy="5" r="2.5" />
      <path d="M8.5 19H16a3.5 3.5 0 0 0 0-7H8a3.5 3.5 0 0 1 0-7h7.5" />
    </svg>
  );
}

export const GUIDE_PLUGIN: GraphiQLPlugin = { title: "Journey and recipes", icon: GuideIcon, content: GuidePanel };
