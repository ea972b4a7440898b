using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

internal enum SegmentState : byte
{
    /// <summary>Never held footage.</summary>
    Free = 0,

    /// <summary>Retired: out of the index, durably; may be opened.</summary>
    Ready = 1,

    /// <summary>Footage, and there may be more.</summary>
    Open = 2,

    /// <summary>Footage, complete; its seal is being made.</summary>
    Closing = 3,

    Sealed = 4,

    /// <summary>Chosen to be overwritten; waits for its readers.</summary>
    Retiring = 5,

    /// <summary>The disk failed under it: kept readable, never written again.</summary>
    Quarantined = 6,
}

/// <summary>A stretch of one segment without a break, in boottime of one boot.</summary>
internal readonly record struct SpanRow(int BootNumber, long FromUs, long ToUs, long MediaStart90k, long MediaEnd90k, long Bytes);

/// <summary>What the box keeps in memory of every file of the ring: about 150 bytes. Guarded by the catalog's lock.</summary>
internal sealed class Segment(int number, string path)
{
    private long _generation;

    public int Number => number;
    public string Path { get; set; } = path;
    public SegmentState State { get; set; }
    /// <summary>Read without the lock by readers, before and after they copy bytes.</summary>
    public long Generation
    {
        get => Volatile.Read(ref _generation);
        set => Volatile.Write(ref _generation, value);
    }
    public StreamKey Stream { get; set; }
    public List<SpanRow> Spans { get; } = new(1);

    /// <summary>Holds copies of locked footage.</summary>
    public bool IsPool { get; set; }

    /// <summary>Something in it is more than pre-roll: it goes in its turn. Else it is the first to go.</summary>
    public bool IsWanted { get; set; }

    /// <summary>For the segment behind it: sequence of the next record, chain's last value, media end.</summary>
    public long NextSequence { get; set; }
    public byte[] LastHash { get; set; } = [];
    public long MediaEnd90k { get; set; }

    /// <summary>Locks that hold the whole segment until their footage is copied.</summary>
    public int Pins { get; set; }
    public int Leases { get; set; }

    /// <summary>Its blocks are allocated and partly never written: the first write to each costs a journal commit.</summary>
    public bool IsFirstLap { get; set; }

    /// <summary>A pool segment that no lock needs: goes back to the ring at the next occasion.</summary>
    public bool IsDue { get; set; }

    /// <summary>Fires when readers have had their 30 s.</summary>
    public CancellationTokenSource? Cut { get; set; }

    /// <summary>While it can still grow.</summary>
    public OpenSegment? Open { get; set; }

    /// <summary>Its row in the index has to be written. Growth alone is no reason: what was open is read again at start anyway.</summary>
    public bool IsDirty { get; set; }

    public bool HasFootage => State is SegmentState.Open or SegmentState.Closing or SegmentState.Sealed or SegmentState.Quarantined;
    public long Bytes
    {
        get
        {
            long sum = 0;
            foreach (var span in Spans)
                sum += span.Bytes;
            return sum;
        }
    }

    /// <summary>Adds a record to the last span, or begins one where media or boot breaks.</summary>
    public void Extend(in FragmentEntry entry, int bootNumber)
    {
        if (Spans.Count > 0 && Spans[^1] is var last && !entry.StartsRun && last.BootNumber == bootNumber && last.MediaEnd90k == entry.MediaStart90k)
            Spans[^1] = last with { ToUs = entry.EndBoottimeUs, MediaEnd90k = entry.MediaEnd90k, Bytes = last.Bytes + entry.RecordLength };
        else
            Spans.Add(new SpanRow(bootNumber, entry.BoottimeUs, entry.EndBoottimeUs, entry.MediaStart90k, entry.MediaEnd90k, entry.RecordLength));
        MediaEnd90k = Math.Max(MediaEnd90k, entry.MediaEnd90k);
        IsWanted |= (entry.Flags & RecordFlags.PreRoll) == 0;
    }

    /// <summary>Forgets the footage; the file is one more to write into. The generation stays: it tells the retired header from a newer one.</summary>
    public void Reset(SegmentState state)
    {
        State = state;
        Stream = default;
        Spans.Clear();
        (IsPool, IsDue, IsWanted) = (false, false, false);
        (NextSequence, LastHash, MediaEnd90k) = (0, [], 0);
        Open = null;
        IsDirty = true;
    }
}
