"""How figures are printed."""
import statistics
import sys


def median(values):
    return statistics.median(values)


def spread(values, form="{:.2f}"):
    text = form.format(median(values))
    return text if len(values) == 1 else f"{text} ({form.format(min(values))}–{form.format(max(values))})"


def table(title, header, rows):
    print(f"\n{title}\n")
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, ["-" * w for w in widths], *rows]:
        print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |")
    sys.stdout.flush()


def beside_rtsp(rounds, channels, title, ways):
    """CPU per recorded byte of the same video by several ways, in turns; each of `ways` takes one sample, "RTSP" is what the others are measured by."""
    taken = {name: [] for name in ways}
    for turn in range(rounds):
        for name, take in ways.items():
            print(f"  B4: {name}, turn {turn + 1} of {rounds}", file=sys.stderr)
            taken[name].append(take())
    bar = median([s.ns_per_byte for s in taken["RTSP"]])
    rows = []
    for name, samples in taken.items():
        costs = [s.ns_per_byte for s in samples]
        allocated = [s.allocated / s.seconds / channels / 1024 for s in samples if s.allocated is not None]
        rows.append([
            name, spread(costs), f"{median(costs) / bar:.2f}", f"{median([100 * s.cpu / s.seconds for s in samples]):.1f}",
            f"{median([s.video_bytes * 8 / s.seconds / 1e6 for s in samples]):.1f}", f"{median([s.resident for s in samples]) / 1e6:.0f}",
            f"{median(allocated):.2f}" if allocated else "–"])
    table(f"{title}: {channels} channels × 4 Mb/s, chain on; target ≤ 1.3 × RTSP", ["", "ns/B", "× RTSP", "CPU %", "Mb/s", "RSS MB", "KB/channel/s allocated"], rows)
