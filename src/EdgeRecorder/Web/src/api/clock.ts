import { signal } from '@preact/signals';

/** Beyond what two honest answers may differ by, in ms: clocks drift, and somebody may be setting one a little. */
const drift = 1000;

/**
 * The recorder's clock as seen from here. Latency is a difference between two clocks; the one of the browser may be minutes off.
 * The sample with the shortest way there and back bounds the error best; an old one is forgotten, since clocks drift. A sample that contradicts it tells that a
 * clock was set: a recorder that started without knowing the time learns it, and dates its footage anew.
 */
export class ClockOffset {
    private best = { roundTrip: Infinity, offset: 0, at: 0 };

    /** `asked` and `answered` are of this browser, `box` is what the recorder said in between; all in ms. True when a clock was set since. */
    add(asked: number, answered: number, box: number): boolean {
        const sample = { roundTrip: answered - asked, offset: box - (asked + answered) / 2, at: answered };
        const wasSet = Math.abs(sample.offset - this.best.offset) > (sample.roundTrip + this.best.roundTrip) / 2 + drift;
        if (wasSet || sample.roundTrip <= this.best.roundTrip || answered - this.best.at > 60_000)
            this.best = sample;
        return wasSet;
    }

    get ms(): number {
        return this.best.offset;
    }
}

export const boxClock = new ClockOffset();

/** How often a clock was set since the page was opened: instants on the screen mean another time then. */
export const clockSettings = signal(0);

/** Now, by the recorder's clock, in ms since 1970. */
export function boxNow(): number {
    return Date.now() + boxClock.ms;
}
