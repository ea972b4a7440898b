using EdgeRecorder.Bytes;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>
/// Makes the entries of a playlist out of fragments, in order. An entry begins with a sync fragment and ends before the next one once it lasts <see cref="Target90k"/>;
/// also where a segment of the ring ends, a run begins or the format changes. Only ever appends; not thread-safe, but what <see cref="Closed"/> returned stays as it is.
/// </summary>
internal sealed class EntryList(IRing ring)
{
    /// <summary>Four seconds: a seek fetches a megabyte at 2 Mb/s and shows its picture at once, and an hour is 900 lines.</summary>
    public const long Target90k = 4 * 90_000;

    /// <summary>GOPs that last a second by the camera's clock are some ticks shorter by its time stamps.</summary>
    private const long Slack90k = 4_500;

    private PlaylistEntry[] _entries = new PlaylistEntry[16];
    private int _closed;
    private PlaylistEntry _open;
    private bool _isOpen, _waitsForSync = true;
    private int _map = -1;
    private InitSegment? _format;
    private (int Segment, long Generation) _at;
    private bool _isUnreadable;

    /// <summary>The last fragment that was added, whether or not it came into an entry.</summary>
    public FragmentRef Last { get; private set; }

    public bool IsEmpty => _closed == 0 && !_isOpen;

    /// <summary>Media time at which the first entry begins.</summary>
    public long FirstMedia90k { get; private set; }

    public long Longest90k { get; private set; }

    /// <summary>No entry lasts longer: it is cut at a fragment then, and what follows begins without a sync sample.</summary>
    public long Limit90k { get; set; } = long.MaxValue;

    /// <summary>Every entry begins with a sync sample.</summary>
    public bool IsIndependent { get; private set; } = true;

    /// <summary>Footage in all entries.</summary>
    public long Duration90k { get; private set; }

    /// <summary>Entries that are complete.</summary>
    public ReadOnlyMemory<PlaylistEntry> Closed => _entries.AsMemory(0, _closed);

    public void Add(in FragmentRef fragment)
    {
        var isSeam = _at != (fragment.Segment, fragment.Generation);
        var formatChanged = isSeam && Enter(fragment);
        if (_isUnreadable)
            return;
        var isContinued = !IsEmpty && MediaTime.RunsOn(Last.MediaStart90k + Last.Duration90k, fragment.MediaStart90k) && !fragment.StartsRun && !formatChanged;
        Last = fragment;
        if (!isContinued)
            _waitsForSync = true;
        if (_waitsForSync && !fragment.IsSync)
            return;
        _waitsForSync = false;
        var isDue = fragment.IsSync && _open.Duration90k >= Target90k - Slack90k || _open.Duration90k + fragment.Duration90k > Limit90k;
        if (_isOpen && (isSeam || !isContinued || isDue))
            Close();
        if (_isOpen)
            _open = _open.With(fragment);
        else
            Open(fragment, isContinued);
        Duration90k += fragment.Duration90k;
    }

    /// <summary>The open entry is complete: nothing comes behind, or not for long.</summary>
    public void Close()
    {
        if (!_isOpen)
            return;
        _isOpen = false;
        Longest90k = Math.Max(Longest90k, _open.Duration90k);
        if (_closed == _entries.Length)
            Array.Resize(ref _entries, 2 * _closed);        // who still reads the old one finds in it what was there
        _entries[_closed++] = _open;
        _open = default;
    }

    private void Open(in FragmentRef fragment, bool isContinued)
    {
        var index = _closed;
        if (IsEmpty)
            FirstMedia90k = fragment.MediaStart90k;
        if (!isContinued)
            _map = index;
        IsIndependent &= fragment.IsSync;
        _open = new PlaylistEntry(new RecordPlace(fragment.Segment, fragment.Generation, fragment.Offset, fragment.Length), fragment.Duration90k, fragment.FromUtcUs,
            _map, !isContinued && index > 0);
        _isOpen = true;
    }

    /// <summary>Into another segment of the ring. True when its format is another.</summary>
    private bool Enter(in FragmentRef fragment)
    {
        _at = (fragment.Segment, fragment.Generation);
        var before = _format;
        try
        {
            var bytes = ring.ReadInit(fragment);
            _isUnreadable = bytes is null;                  // recycled meanwhile: it was the oldest
            _format = bytes is null ? before : InitSegment.Parse(bytes);
        }
        catch (ProtocolException)
        {
            _isUnreadable = true;                           // a damaged head costs this segment, not the playlist
        }
        return before is not null && _format is not null && !_format.SameFormat(before);
    }
}
