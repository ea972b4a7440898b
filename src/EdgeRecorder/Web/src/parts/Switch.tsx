/** On or off, at once. */
export function Switch({ on, label, disabled, onChange, children }: { on: boolean; label?: string; disabled?: boolean; onChange: (on: boolean) => void; children?: string }) {
    return (
        <button type="button" class="switch" role="switch" aria-checked={on} aria-label={label} disabled={disabled} onClick={() => onChange(!on)}>
            <span class="track" />
            {children}
        </button>
    );
}
