/**
 * The recorder's clock as seen from here. Latency is a difference between two clocks; the one of the browser may be minutes off.
 * The sample with the shortest way there and back bounds the error best; an old one is forgotten, since clocks drift.
 */
export class ClockOffset {
    private best = { roundTrip: Infinity, offset: 0, at: 0 };

    /** `asked` and `answered` are of this browser, `box` is what the recorder said in between; all in ms. */
    add(asked: number, answered: number, box: number): void {
        const roundTrip = answered - asked;
        if (roundTrip <= this.best.roundTrip || answered - this.best.at > 60_000)
            this.best = { roundTrip, offset: box - (asked + answered) / 2, at: answered };
    }

    get ms(): number {
        return this.best.offset;
    }
}

export const boxClock = new ClockOffset();

/** Now, by the recorder's clock, in ms since 1970. */
export function boxNow(): number {
    return Date.now() + boxClock.ms;
}
