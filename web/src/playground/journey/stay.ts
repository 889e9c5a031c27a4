export interface Stay {
  checkIn: string;
  checkOut: string;
}

/** Two nights from the tenth of next month. */
export function stayNextMonth(today: Date = new Date()): Stay {
  const day = (number: number) => new Date(Date.UTC(today.getFullYear(), today.getMonth() + 1, number)).toISOString().slice(0, 10);
  return { checkIn: day(10), checkOut: day(12) };
}
