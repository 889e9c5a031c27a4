export interface Stay {
  checkIn: string;
  checkOut: string;
}

/** Nights of a calendar month; the day after the last one ends periods that are half-open. */
export interface Month {
  firstNight: string;
  lastNight: string;
  dayAfterLastNight: string;
}

/** Tells this load of the page from any other one. */
export const FRESH = Math.random().toString(36).slice(2, 10);

/** Two nights from the tenth of next month. */
export function stayNextMonth(today: Date = new Date()): Stay {
  return { checkIn: day(today, 1, 10), checkOut: day(today, 1, 12) };
}

export function nextMonth(today: Date = new Date()): Month {
  return { firstNight: day(today, 1, 1), lastNight: day(today, 2, 0), dayAfterLastNight: day(today, 2, 1) };
}

/** The day that it is, in UTC, and the one after it. */
export function aroundToday(today: Date = new Date()): { today: string; tomorrow: string } {
  return { today: day(today, 0, today.getUTCDate()), tomorrow: day(today, 0, today.getUTCDate() + 1) };
}

function day(today: Date, monthsAhead: number, number: number): string {
  return new Date(Date.UTC(today.getFullYear(), today.getMonth() + monthsAhead, number)).toISOString().slice(0, 10);
}
