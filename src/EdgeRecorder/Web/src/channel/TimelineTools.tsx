import { boxNow } from '../api/clock';
import { Icon } from '../parts/Icon';
import { text } from '../text/language';
import { center, move, spanOf, upToNow, zoom, type View } from '../timeline/scale';

const minute = 60_000;

/** Zoom and movement for those without wheel and keyboard, and what the colours mean. */
export function TimelineTools({ view, onView, at }: { view: View; onView: (view: View) => void; at: number }) {
    const words = text.value.timeline;
    const now = boxNow();
    const presets: [number, string][] = [[minute, words.minute], [60 * minute, words.hour], [360 * minute, words.sixHours], [1440 * minute, words.day]];
    const show = (span: number) => {
        const ended = at > now - span * 0.5;
        onView(ended ? upToNow(span, now) : center({ from: 0, to: span }, at, now));
    };
    return (
        <div class="tools">
            <div class="group" role="group">
                {presets.map(([span, name]) => <button type="button" key={span} aria-pressed={Math.abs(spanOf(view) / span - 1) < 0.01} onClick={() => show(span)}>{name}</button>)}
            </div>
            <div class="group" role="group">
                <button type="button" aria-label={words.earlier} title={words.earlier} onClick={() => onView(move(view, -spanOf(view) / 2, now))}><Icon name="rewind" /></button>
                <button type="button" aria-label={words.zoomOut} title={words.zoomOut} onClick={() => onView(zoom(view, 2, at, now))}><Icon name="zoomOut" /></button>
                <button type="button" aria-label={words.zoomIn} title={words.zoomIn} onClick={() => onView(zoom(view, 0.5, at, now))}><Icon name="zoomIn" /></button>
                <button type="button" aria-label={words.later} title={words.later} onClick={() => onView(move(view, spanOf(view) / 2, now))}><Icon name="forward" /></button>
            </div>
            <ul class="legend">
                <li class="span">{words.footage}</li>
                <li class="gap">{words.gap}</li>
                <li class="locked">{words.locked}</li>
            </ul>
        </div>
    );
}
