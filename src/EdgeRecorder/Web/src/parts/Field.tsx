import type { ComponentChildren } from 'preact';

export function Field({ label, hint, children }: { label: string; hint?: string | undefined; children: ComponentChildren }) {
    return (
        <label class="field">
            <span>{label}</span>
            {children}
            {hint && <small>{hint}</small>}
        </label>
    );
}
