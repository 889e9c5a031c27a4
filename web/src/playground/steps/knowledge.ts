import type { Answer } from "../fetcher";
import { isRefusal } from "../gateway";
import { Store } from "../store";
import { stepOf } from "./every-step";
import { type Fact, type Facts, valueAt } from "./step";

export interface Knowledge {
  facts: Facts;
  /** The operations that went through. */
  done: string[];
}

export const NOTHING: Knowledge = { facts: {}, done: [] };

export const knowledge = new Store<Knowledge>(NOTHING, "innkeeper:journey");

/** What is forgotten when another one of these is found. */
const BELONGINGS: Partial<Record<Fact, Fact[]>> = {
  hotelId: ["roomTypeId", "ratePlanId"],
  bookingId: ["checkoutUrl"],
  ownHotelId: ["hotelVersion", "ratesVersion", "ownRoomTypeId", "ownRatePlanId", "roomId", "inventoryVersion", "periodId", "feedId"],
  ownRoomTypeId: ["roomId", "inventoryVersion", "periodId", "feedId"],
};

/** Takes from an answer what later steps need; a refusal teaches nothing. */
export function learn(answer: Answer): void {
  const step = stepOf(answer.operation);
  if (!step || Object.values(answer.data).some((result) => result === null || isRefusal(result))) return;
  const { facts, done } = knowledge.get();
  const kept = { ...facts };
  const found: Facts = {};
  for (const [fact, path] of Object.entries(step.learns ?? {}) as [Fact, string][]) {
    const value = valueAt(answer, path);
    if (typeof value !== "string" && typeof value !== "number") continue;
    found[fact] = value;
    if (value !== facts[fact]) for (const belonging of BELONGINGS[fact] ?? []) delete kept[belonging];
  }
  knowledge.set({
    facts: { ...kept, ...found },
    done: done.includes(step.operation) ? done : [...done, step.operation],
  });
}
