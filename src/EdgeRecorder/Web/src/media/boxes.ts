// ISO/IEC 14496-12 as far as a player that does not decode needs it.

export interface Box {
    type: string;
    /** Of the payload, behind size and type. */
    start: number;
    end: number;
}

/** The boxes in `view` between `start` and `end`; one that does not fit ends the list. */
export function* boxes(view: DataView, start = 0, end = view.byteLength): Generator<Box> {
    while (start + 8 <= end) {
        let size = view.getUint32(start);
        let head = 8;
        if (size === 1 && start + 16 <= end) {
            size = Number(view.getBigUint64(start + 8));
            head = 16;
        } else if (size === 0) {
            size = end - start;                             // 4.2: to the end of the file
        }
        if (size < head || start + size > end)
            return;
        yield { type: fourcc(view, start + 4), start: start + head, end: start + size };
        start += size;
    }
}

export function fourcc(view: DataView, at: number): string {
    return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}

function child(view: DataView, parent: Box, type: string): Box | undefined {
    for (const box of boxes(view, parent.start, parent.end))
        if (box.type === type)
            return box;
    return undefined;
}

/** What the tracks of an init segment hold, as `stsd` says it: avc3, mp4a, in their order. */
export function sampleEntries(init: DataView): string[] {
    const found: string[] = [];
    for (const moov of boxes(init))
        for (const trak of moov.type === 'moov' ? boxes(init, moov.start, moov.end) : []) {
            let box: Box | undefined = trak.type === 'trak' ? trak : undefined;
            for (const inner of ['mdia', 'minf', 'stbl', 'stsd'])
                box = box && child(init, box, inner);
            // Behind version, flags and count stands the first entry, a box.
            if (box && box.start + 16 <= box.end)
                found.push(fourcc(init, box.start + 12));
        }
    return found;
}

/** Time scale of each track of an init segment, by track id. */
export function timeScales(init: DataView): Map<number, number> {
    const found = new Map<number, number>();
    for (const moov of boxes(init)) {
        if (moov.type !== 'moov')
            continue;
        for (const trak of boxes(init, moov.start, moov.end)) {
            const tkhd = trak.type === 'trak' ? child(init, trak, 'tkhd') : undefined;
            const mdia = tkhd && child(init, trak, 'mdia');
            const mdhd = mdia && child(init, mdia, 'mdhd');
            if (!tkhd || !mdhd)
                continue;
            // Behind version and flags stand two times: 32 bits each in version 0, 64 in version 1.
            const id = init.getUint32(tkhd.start + (init.getUint8(tkhd.start) === 1 ? 20 : 12));
            found.set(id, init.getUint32(mdhd.start + (init.getUint8(mdhd.start) === 1 ? 20 : 12)));
        }
    }
    return found;
}

/** Where each track of a fragment begins, in units of its time scale, by track id (8.8.12). */
export function decodeTimes(fragment: DataView): Map<number, number> {
    const found = new Map<number, number>();
    for (const moof of boxes(fragment))
        for (const traf of moof.type === 'moof' ? boxes(fragment, moof.start, moof.end) : []) {
            const tfhd = traf.type === 'traf' ? child(fragment, traf, 'tfhd') : undefined;
            const tfdt = tfhd && child(fragment, traf, 'tfdt');
            if (!tfhd || !tfdt || tfhd.end - tfhd.start < 8 || tfdt.end - tfdt.start < 8)
                continue;
            const is64 = fragment.getUint8(tfdt.start) === 1 && tfdt.end - tfdt.start >= 12;
            const id = fragment.getUint32(tfhd.start + 4);
            if (!found.has(id))
                found.set(id, is64 ? Number(fragment.getBigUint64(tfdt.start + 4)) : fragment.getUint32(tfdt.start + 4));
        }
    return found;
}
