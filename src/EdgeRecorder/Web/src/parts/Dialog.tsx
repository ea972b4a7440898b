import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { text } from '../text/language';

/** A window of the page's own; the browser keeps the keyboard inside and closes it with Escape. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
    const element = useRef<HTMLDialogElement>(null);
    useEffect(() => {
        element.current?.showModal();
        return () => element.current?.close();
    }, []);
    return (
        <dialog ref={element} aria-label={title} onCancel={onClose}>
            <header>
                <h2>{title}</h2>
                <button type="button" class="quiet" onClick={onClose} aria-label={text.value.common.close}>×</button>
            </header>
            {children}
        </dialog>
    );
}
