import type { Probe, Track } from '../api/types';
import { browserHas, codecName, isVideo } from '../media/codecs';
import { bitRate } from '../text/format';
import { text } from '../text/language';

/** What a camera offers, and what this browser lacks for it. */
export function ProbeResult({ probe }: { probe: Probe }) {
    const words = text.value.form;
    const lacking = probe.tracks.some(t => isVideo(t.codec) && !browserHas(t.codec));
    return (
        <dl class="facts" role="status" aria-label={words.offers}>
            <dt>{words.video}</dt><dd>{trackText(probe.tracks.find(t => isVideo(t.codec))) || words.nothing}</dd>
            <dt>{words.sound}</dt><dd>{trackText(probe.tracks.find(t => !isVideo(t.codec))) || words.nothing}</dd>
            {probe.bitrate > 0 && <><dt>{words.bitrate}</dt><dd>{bitRate(probe.bitrate)} · {probe.transport.toUpperCase()}</dd></>}
            {probe.skipped.length > 0 && <><dt>{words.skipped}</dt><dd>{probe.skipped.join(', ')}</dd></>}
            {lacking && <dd class="note">{words.browserLacks}</dd>}
        </dl>
    );
}

export function trackText(track: Track | undefined): string {
    if (!track)
        return '';
    return isVideo(track.codec)
        ? [codecName(track.codec), `${track.width}×${track.height}`, track.fps > 0 ? `${track.fps.toFixed(track.fps % 1 > 0.05 ? 1 : 0)} fps` : ''].filter(Boolean).join(' · ')
        : `${codecName(track.codec)} · ${track.timeScale / 1000} kHz`;
}
