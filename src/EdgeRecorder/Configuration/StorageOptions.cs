namespace EdgeRecorder.Configuration;

/// <summary>Whether records are chained by SHA-256 (DESIGN section 4, Evidence).</summary>
internal enum ChainChoice { Auto, On, Off }

internal sealed class StorageOptions
{
    public string Root { get; set; } = "/var/lib/edge-recorder";
    public Guid? Volume { get; set; }
    public int SyncSeconds { get; set; } = 1;
    public ChainChoice Chain { get; set; }
    public int EnduranceTerabytes { get; set; }
    public RingOptions Ring { get; } = new();
    public QuotaShare Files { get; } = new() { Size = new(null, 10) };
    public QuotaShare Exports { get; } = new() { Size = new(null, 5) };

    public static readonly Section<StorageOptions> Keys = new("Where footage lies and how much of the volume it may take.",
        new Value<StorageOptions, string>("root", Kinds.Text, o => o.Root, (o, v) => o.Root = v,
            "Directory that holds `ring/ files/ exports/ keys/ logs/ ledger.db index.db`. One daemon per root."),
        new Value<StorageOptions, Guid?>("volume", Kinds.AnyOrId, o => o.Volume, (o, v) => o.Volume = v,
            "The ring's identity, as the log and `/api/v1/storage` name it: where another disk or none is mounted at `root`, nothing starts and nothing is formatted. `any` refuses only a root below a mount point of fstab that nothing is mounted at."),
        new Value<StorageOptions, int>("syncSeconds", Kinds.Integer(1, 10), o => o.SyncSeconds, (o, v) => o.SyncSeconds = v,
            "Seconds from one sync round to the next. 1 keeps the promise of at most 2 s lost at a power cut; rotating disks take 2."),
        new Value<StorageOptions, ChainChoice>("chain", Kinds.Choice(("auto", ChainChoice.Auto), ("on", ChainChoice.On), ("off", ChainChoice.Off)), o => o.Chain, (o, v) => o.Chain = v,
            "Hash chain over all records, proof that nothing was changed or taken out. `auto` is on where the CPU has SHA instructions; without them it may cost as much as the recording."),
        new Value<StorageOptions, int>("enduranceTerabytes", Kinds.Integer(0, 100_000), o => o.EnduranceTerabytes, (o, v) => o.EnduranceTerabytes = v,
            "What the medium may be written in its life by its data sheet (TBW). The status then tells how many days that is at the rate of now. 0: not known."),
        new Group<StorageOptions, RingOptions>("ring", o => o.Ring, RingOptions.Keys),
        new Group<StorageOptions, QuotaShare>("files", o => o.Files, QuotaShare.KeysOf("Named files that API families promise; oldest go first when it is full.", "10 % holds a day of clips on a box that keeps ten in the ring.")),
        new Group<StorageOptions, QuotaShare>("exports", o => o.Exports, QuotaShare.KeysOf("Finished exports; oldest go first when it is full.", "Exports are fetched soon after they were made.")));
}

internal sealed class RingOptions
{
    public SizeSetting Size { get; set; }
    public SizeSetting SegmentSize { get; set; }

    public static readonly Section<RingOptions> Keys = new("The ring of preallocated segments.",
        new Value<RingOptions, SizeSetting>("size", Kinds.AutoSize, o => o.Size, (o, v) => o.Size = v,
            "`auto` is 80 % of what is free at the first start, decided once and stored: flash wants some per cent unallocated, ledger and logs need room."),
        new Value<RingOptions, SizeSetting>("segmentSize", Kinds.AutoFixedSize, o => o.SegmentSize, (o, v) => o.SegmentSize = v,
            "`auto` is the largest power of two from 4 to 256 MiB with at least 2048 segments in the ring and 8 per channel; else a power of two from 1MiB to 1GiB. Fixed once the ring is made."));
}

/// <summary>A part of the volume with a limit of its own.</summary>
internal sealed class QuotaShare
{
    public SizeSetting Size { get; set; }

    public static Section<QuotaShare> KeysOf(string summary, string reason) => new(summary,
        new Value<QuotaShare, SizeSetting>("size", Kinds.ShareOrSize, o => o.Size, (o, v) => o.Size = v, $"Largest total size. {reason}"));
}
