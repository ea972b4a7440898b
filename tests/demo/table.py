"""The table of channels: refreshed in place on a terminal, plain lines elsewhere."""
import datetime
import shutil
import sys

COLUMNS = ["channel", "state", "video", "picture", "fps", "audio", "Mb/s", "recorded", "last", "gaps", ""]
RIGHT = {"fps", "Mb/s", "recorded", "last", "gaps"}
COLOURS = {"recording": "32", "live": "32", "connecting": "33", "idle": "33"}


class Table:
    def __init__(self, out=sys.stdout):
        self._out = out
        self.is_live = out.isatty()
        self._lines = 0

    def say(self, text=""):
        """A line that stays; on a terminal the table moves below it."""
        self._clear()
        print(text, file=self._out, flush=True)

    def show(self, rows, note):
        """Rows as `row` makes them, and a line below."""
        widths = [max(len(str(r[i])) for r in [COLUMNS, *rows]) for i in range(len(COLUMNS))]
        lines = ["  ".join(self._cell(row, i, widths[i]) for i in range(len(COLUMNS))).rstrip() for row in [COLUMNS, *rows]]
        if not self.is_live:
            lines = [line.replace("\n", " ") for line in lines]
            print("\n".join([f"{datetime.datetime.now():%H:%M:%S}  {note}", *("  " + line for line in lines)]), file=self._out, flush=True)
            return
        self._clear()
        width = shutil.get_terminal_size().columns
        lines = [line[:width - 1] for line in ["", *lines, "", note]]
        for i, row in enumerate(rows):                      # after cutting, so that no colour is left on
            lines[2 + i] = lines[2 + i].replace(row[1], f"\x1b[{COLOURS.get(row[1], '31')}m{row[1]}\x1b[0m", 1) if row[1] in lines[2 + i] else lines[2 + i]
        lines[1] = f"\x1b[1m{lines[1]}\x1b[0m"
        self._out.write("\n".join(lines) + "\n")
        self._out.flush()
        self._lines = len(lines)

    @staticmethod
    def _cell(row, i, width):
        return str(row[i]).rjust(width) if COLUMNS[i] in RIGHT else str(row[i]).ljust(width)

    def _clear(self):
        if self.is_live and self._lines:
            self._out.write(f"\x1b[{self._lines}A\x1b[J")   # up to where the table began, and nothing below
            self._out.flush()
        self._lines = 0


def row(channel, recorded, gaps, now):
    """One channel of the API, its recorded bytes and its gaps, as cells."""
    state = channel["state"]
    video = next((t for t in state["tracks"] if t["width"]), None)
    audio = next((t for t in state["tracks"] if t["audioChannels"]), None)
    last = f"{max(0, (now - parse(state['lastFragment'])).total_seconds()):.1f} s" if state["lastFragment"] else "–"
    open_gap = next((g["reason"] for g in gaps if g["to"] is None), None)
    why = state["detail"] or (f"gap: {open_gap}" if open_gap else f"last gap: {gaps[-1]['reason']}" if gaps else "")
    return [
        channel["key"], state["state"],
        video["codec"] if video else "–", f"{video['width']}x{video['height']}" if video else "–", f"{video['fps']:.1f}" if video else "–",
        audio["codec"] if audio else "–", rate(state["bitrate"]), size(recorded), last, len(gaps), why]


def parse(time):
    """An instant of the API; Python 3.9 takes neither the Z nor more than six digits."""
    head, _, fraction = time.rstrip("Z").partition(".")
    return datetime.datetime.fromisoformat(f"{head}.{(fraction + '000000')[:6]}+00:00")


def rate(bits):
    return f"{bits / 1e6:.2f}" if bits else "–"


def size(count):
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
