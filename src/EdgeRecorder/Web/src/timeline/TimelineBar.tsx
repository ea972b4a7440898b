import { useEffect, useRef, useState } from 'preact/hooks';
import { boxNow } from '../api/clock';
import type { Timeline } from '../api/types';
import { clockTime, day, fullTime, shortTime, whenOf } from '../text/format';
import { text } from '../text/language';
import { gapBars, spanBars, type GapBar } from './bars';
import { center, move, spanOf, timeAt, upToNow, xOf, zoom, type View } from './scale';
import { stepFor, ticks } from './ticks';
import { useGestures } from './useGestures';

interface Properties {
    view: View;
    onView: (view: View) => void;
    timeline: Timeline | null;
    /** The instant on the screen; null while live. */
    playhead: number | null;
    range: { from: number | null; to: number | null };
    onSeek: (time: number) => void;
    onLive: () => void;
}

const height = 84;
const [barTop, barHeight] = [30, 30];
const pixelsPerLabel = 90;

/** Footage, gaps and locks of one camera over time. Mouse, touch and keyboard do the same. */
export function TimelineBar({ view, onView, timeline, playhead, range, onSeek, onLive }: Properties) {
    const words = text.value;
    const element = useRef<HTMLDivElement>(null);
    const width = useWidth(element);
    const now = boxNow();
    const [hover, setHover] = useState<number | null>(null);
    const [cursor, setCursor] = useState<number | null>(null);
    useGestures(element, view, onView, onSeek);
    const at = playhead ?? now;

    function onKeyDown(event: KeyboardEvent) {
        const far = event.shiftKey ? 10 : 1;
        const step = spanOf(view) / 60 * far;
        const here = cursor ?? at;
        const moveTo = (time: number) => {
            const bounded = Math.min(time, now);
            setCursor(bounded);
            if (bounded < view.from || bounded > view.to)
                onView(center(view, bounded, now));
        };
        switch (event.key) {
            case 'ArrowLeft': moveTo(here - step); break;
            case 'ArrowRight': moveTo(here + step); break;
            case 'PageUp': onView(move(view, -spanOf(view) * 0.8, now)); break;
            case 'PageDown': onView(move(view, spanOf(view) * 0.8, now)); break;
            case '+': case '=': onView(zoom(view, 0.5, here, now)); break;
            case '-': onView(zoom(view, 2, here, now)); break;
            case 'Enter': case ' ': onSeek(here); setCursor(null); break;
            case 'End': setCursor(null); onView(upToNow(spanOf(view), now)); onLive(); break;
            case 'Escape': setCursor(null); break;
            default: return;
        }
        event.preventDefault();
    }

    const most = Math.max(2, Math.floor(width / pixelsPerLabel));
    const fine = stepFor(spanOf(view), most) < 60_000;
    const gaps = gapBars(timeline?.gaps ?? [], view, width, now);
    const shown = hover ?? cursor;
    const gapUnder = shown === null || covered(timeline, shown) ? undefined : gapAt(gaps, xOf(view, shown, width));
    return (
        <div class="timeline" ref={element} role="slider" tabIndex={0} aria-label={words.timeline.label} aria-valuemin={Math.round(view.from)} aria-valuemax={Math.round(view.to)}
            aria-valuenow={Math.round(cursor ?? at)} aria-valuetext={fullTime(cursor ?? at)} data-from={Math.round(view.from)} data-to={Math.round(view.to)}
            onKeyDown={onKeyDown} onBlur={() => setCursor(null)}
            onPointerMove={e => setHover(e.pointerType === 'touch' || !element.current ? null : timeAt(view, e.clientX - element.current.getBoundingClientRect().left, width))}
            onPointerLeave={() => setHover(null)}>
            <svg width={width} height={height} aria-hidden="true">
                <defs>
                    <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" /><line x1="0" x2="0" y1="0" y2="7" /></pattern>
                </defs>
                {ticks(view, most).map(({ time, midnight }) => {
                    const x = xOf(view, time, width);
                    const whole = x > 24 && x < width - 24;               // half a label says the wrong time
                    return (
                        <g key={time} class={midnight ? 'tick midnight' : 'tick'}>
                            <line x1={x} x2={x} y1={20} y2={height - 16} />
                            {whole && <text x={x} y={14}>{midnight ? day(time) : fine ? clockTime(time) : shortTime(time)}</text>}
                        </g>
                    );
                })}
                <rect class="nothing" x={0} y={barTop} width={Math.max(0, Math.min(width, xOf(view, now, width)))} height={barHeight} />
                {gaps.map(bar => <rect key={`${bar.gap.reason}${bar.gap.from}`} class={`gap ${bar.gap.reason}${bar.width > 6 ? ' wide' : ''}`} x={bar.x} y={barTop} width={bar.width} height={barHeight} />)}
                {spanBars(timeline?.spans ?? [], view, width, false).map(bar => <rect key={bar.from} class="span" x={bar.x} y={barTop} width={bar.width} height={barHeight} data-from={bar.from} data-to={bar.to} />)}
                {spanBars(timeline?.spans ?? [], view, width, true).map(bar => <rect key={bar.from} class="locked" x={bar.x} y={barTop + barHeight - 6} width={bar.width} height={6} />)}
                <Range range={range} view={view} width={width} />
                <line class="now" x1={xOf(view, now, width)} x2={xOf(view, now, width)} y1={barTop - 6} y2={barTop + barHeight + 6} />
                {shown !== null && <line class="cursor" x1={xOf(view, shown, width)} x2={xOf(view, shown, width)} y1={20} y2={height - 16} />}
                {playhead !== null && <Playhead x={xOf(view, playhead, width)} />}
            </svg>
            {shown !== null && (
                <Label x={xOf(view, shown, width)} width={width}>
                    {whenOf(shown, now)}
                    {gapUnder && <em>{gapUnder.gap.to === null
                        ? words.timeline.gapLasting(words.gap[gapUnder.gap.reason], whenOf(gapUnder.from, now))
                        : words.timeline.gapOf(words.gap[gapUnder.gap.reason], whenOf(gapUnder.from, now), whenOf(gapUnder.to, now))}</em>}
                </Label>
            )}
        </div>
    );
}

function Playhead({ x }: { x: number }) {
    return <g class="playhead"><line x1={x} x2={x} y1={20} y2={height - 12} /><path d={`M${x - 6} 20h12l-6 8z`} /></g>;
}

function Range({ range, view, width }: { range: Properties['range']; view: View; width: number }) {
    if (range.from === null && range.to === null)
        return null;
    const from = xOf(view, range.from ?? range.to ?? 0, width);
    const to = xOf(view, range.to ?? range.from ?? 0, width);
    return <rect class="range" x={Math.min(from, to)} y={barTop - 4} width={Math.max(2, Math.abs(to - from))} height={barHeight + 8} />;
}

function Label({ x, width, children }: { x: number; width: number; children: preact.ComponentChildren }) {
    const half = 130;
    return <div class="label" style={{ left: `${Math.max(Math.min(half, width / 2), Math.min(width - Math.min(half, width / 2), x))}px` }}>{children}</div>;
}

/** The gap at a place of the line: the narrowest, since an outage may lie in what was overwritten later. */
function gapAt(gaps: GapBar[], x: number): GapBar | undefined {
    return gaps.filter(g => x >= g.x - 2 && x <= g.x + g.width + 2).sort((a, b) => a.width - b.width)[0];
}

function covered(timeline: Timeline | null, time: number): boolean {
    return timeline?.spans.some(s => Date.parse(s.from) <= time && time < Date.parse(s.to)) ?? false;
}

function useWidth(element: preact.RefObject<HTMLElement>): number {
    const [width, setWidth] = useState(600);
    useEffect(() => {
        if (!element.current)
            return;
        const sizes = new ResizeObserver(entries => setWidth(Math.max(100, Math.round(entries[0]?.contentRect.width ?? 600))));
        sizes.observe(element.current);
        return () => sizes.disconnect();
    }, []);
    return width;
}
