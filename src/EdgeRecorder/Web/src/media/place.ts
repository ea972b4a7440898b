/** A stretch of a playlist: where it lies in media time and when it was recorded. */
export interface Stretch {
    /** Seconds of media time. */
    start: number;
    duration: number;
    /** ms since 1970. */
    programDateTime: number | null;
}

/** The media time that shows `instant`, or the first one behind it when nothing was recorded then; null when the list ends before. */
export function placeOf(stretches: readonly Stretch[], instant: number): number | null {
    for (const { start, duration, programDateTime } of stretches) {
        if (programDateTime === null || instant >= programDateTime + duration * 1000)
            continue;
        return start + Math.max(0, instant - programDateTime) / 1000;
    }
    return null;
}

/** When the picture at media time `at` was recorded; null outside the list. */
export function instantAt(stretches: readonly Stretch[], at: number): number | null {
    let best: Stretch | undefined;
    for (const stretch of stretches) {
        if (stretch.start > at + 0.001)
            break;
        best = stretch;
    }
    return best && best.programDateTime !== null && at <= best.start + best.duration + 0.5 ? best.programDateTime + Math.min(at - best.start, best.duration) * 1000 : null;
}
