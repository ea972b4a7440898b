import { useEffect, useRef } from 'preact/hooks';
import type { RefObject } from 'preact';
import { boxNow } from '../api/clock';
import { move, spanOf, timeAt, zoom, type View } from './scale';

const clickPixels = 4;                                      // a press that moves less is a click
const wheelZoom = 1.0015;

/** Wheel and pinch zoom, dragging moves, a click seeks. */
export function useGestures(element: RefObject<HTMLElement>, view: View, onView: (view: View) => void, onSeek: (time: number) => void): void {
    // Listeners live as long as the element; what they need of the last rendering stands here.
    const latest = useRef({ view, onView, onSeek });
    latest.current = { view, onView, onSeek };
    useEffect(() => {
        const target = element.current;
        if (!target)
            return;
        const fingers = new Map<number, number>();
        let dragged = 0;
        const place = (clientX: number) => clientX - target.getBoundingClientRect().left;
        const change = (next: View) => {
            latest.current.view = next;                     // several moves may come before the next rendering
            latest.current.onView(next);
        };

        const wheel = (event: WheelEvent) => {
            event.preventDefault();
            const { view: now } = latest.current;
            const sideways = event.shiftKey ? event.deltaY : event.deltaX;
            if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY))
                change(move(now, sideways / target.clientWidth * spanOf(now), boxNow()));
            else
                change(zoom(now, wheelZoom ** event.deltaY, timeAt(now, place(event.clientX), target.clientWidth), boxNow()));
        };
        const down = (event: PointerEvent) => {
            if (event.button !== 0)
                return;
            fingers.set(event.pointerId, event.clientX);
            if (fingers.size === 1)
                dragged = 0;
            target.setPointerCapture(event.pointerId);
        };
        const drag = (event: PointerEvent) => {
            const before = fingers.get(event.pointerId);
            if (before === undefined)
                return;
            const { view: now } = latest.current;
            const by = event.clientX - before;
            dragged += Math.abs(by);
            const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
            if (other !== undefined) {
                const factor = Math.abs(before - other) / Math.max(8, Math.abs(event.clientX - other));
                change(zoom(now, factor, timeAt(now, place(other), target.clientWidth), boxNow()));
            } else if (dragged > clickPixels) {
                change(move(now, -by / target.clientWidth * spanOf(now), boxNow()));
            }
            fingers.set(event.pointerId, event.clientX);
        };
        const up = (event: PointerEvent) => {
            if (!fingers.delete(event.pointerId) || event.type === 'pointercancel')
                return;
            if (dragged <= clickPixels && fingers.size === 0)
                latest.current.onSeek(timeAt(latest.current.view, place(event.clientX), target.clientWidth));
        };
        target.addEventListener('wheel', wheel, { passive: false });
        target.addEventListener('pointerdown', down);
        target.addEventListener('pointermove', drag);
        target.addEventListener('pointerup', up);
        target.addEventListener('pointercancel', up);
        return () => {
            target.removeEventListener('wheel', wheel);
            target.removeEventListener('pointerdown', down);
            target.removeEventListener('pointermove', drag);
            target.removeEventListener('pointerup', up);
            target.removeEventListener('pointercancel', up);
        };
    }, []);
}
