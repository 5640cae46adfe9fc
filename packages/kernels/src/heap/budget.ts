/** After so many evacuations of which hardly anything came back a budget is halved: at first, and at most. */
const patience = { first: 4, most: 64 };

/**
 * How much may be young before it is evacuated, in bytes or in storages. It is doubled when much of what was evacuated comes back, for then it is smaller than what the
 * program works on, and halved when hardly anything does: what is evacuated is dead then, and the less memory it went through, the more of that is in the
 * cache.
 */
export class Budget {
  limit: number;
  /** What came back for the first time since the last evacuation. */
  returned = 0;
  readonly #least: number;
  readonly #most: number;
  /** How often much came back, with this limit. */
  #tight = 0;
  /** Evacuations in a row of which hardly anything came back. */
  #quiet = 0;
  /** How many of these it takes to halve the limit: twice as many after it was wrong. */
  #patience = patience.first;
  #halved = false;

  constructor(least: number, most: number) {
    this.limit = least;
    this.#least = least;
    this.#most = most;
  }

  /** After an evacuation, which came because this budget was exceeded, or for another reason. */
  adapt(exceeded: boolean): void {
    if (this.returned > this.limit / 4) {
      this.#quiet = 0;
      // Not at the first time: data that were made at the start and stay come back as well.
      if (++this.#tight === 2) this.#double();
    } else if (this.returned > this.limit / 32) this.#quiet = 0;
    else if (exceeded && this.limit > this.#least && ++this.#quiet === this.#patience) this.#halve();
    this.returned = 0;
  }

  #double(): void {
    this.limit = Math.min(2 * this.limit, this.#most);
    this.#tight = 0;
    if (this.#halved) this.#patience = Math.min(2 * this.#patience, patience.most);
    this.#halved = false;
  }

  #halve(): void {
    this.limit = Math.max(this.limit / 2, this.#least);
    this.#tight = 0;
    this.#quiet = 0;
    this.#halved = true;
  }
}
