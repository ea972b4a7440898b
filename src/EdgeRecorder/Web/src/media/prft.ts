import { boxes } from './boxes';

/** A point where media time and wall clock are known to meet. */
export interface ClockPoint {
    track: number;
    /** In units of the track's time scale. */
    mediaTime: number;
    /** ms since 1970, of the recorder's clock. */
    wallMs: number;
}

const ntpToUnixSeconds = 2_208_988_800;                     // 1900 to 1970

/** The producer reference time at the head of a fragment (ISO/IEC 14496-12, 8.16.5); null where there is none. */
export function readPrft(fragment: DataView): ClockPoint | null {
    for (const box of boxes(fragment)) {
        if (box.type === 'moof')
            return null;                                    // it stands before the fragment it speaks of
        if (box.type !== 'prft')
            continue;
        const version = fragment.getUint8(box.start);
        if (box.end - box.start < (version === 0 ? 20 : 24))
            return null;
        return {
            track: fragment.getUint32(box.start + 4),
            wallMs: (fragment.getUint32(box.start + 8) - ntpToUnixSeconds) * 1000 + fragment.getUint32(box.start + 12) / 2 ** 32 * 1000,
            mediaTime: version === 0 ? fragment.getUint32(box.start + 16) : Number(fragment.getBigUint64(box.start + 16)),
        };
    }
    return null;
}
