/** How far behind the newest media the player is, in seconds. */
export interface Lag {
    /** Buffered ahead of the playhead right now. */
    ahead: number;
    /** The least that was buffered ahead since the last decision: what could be given up without a stall. */
    spare: number;
}

export interface Steer {
    rate: number;
    /** Seconds to jump forward, 0 for none. */
    jump: number;
}

export const farBehind = 3;
const reserve = 0.2;                                        // what the network may be late

/** Ahead of the playhead after a jump, and at the start: the next fragment comes when it is over, after up to 0.75 s, or 0.2 s with low latency. */
export const kept = { normal: 0.9, low: 0.4 } as const;

export type Latency = keyof typeof kept;

/**
 * Holds the live edge. Media comes in fragments, so the buffer is a saw tooth and its lowest point is what counts: more than the reserve there is delay for nothing.
 * A little is made up for by playing a little faster, which nobody notices; beyond three seconds the player jumps.
 */
export function steer({ ahead, spare }: Lag, keep: number): Steer {
    if (ahead > farBehind)
        return { rate: 1, jump: ahead - keep };
    if (spare > reserve + 0.6)
        return { rate: 1.1, jump: 0 };
    if (spare > reserve + 0.15)
        return { rate: 1.04, jump: 0 };
    return { rate: 1, jump: 0 };
}
