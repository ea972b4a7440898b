using System.Globalization;
using EdgeRecorder.Bytes;
using EdgeRecorder.Hosting;
using EdgeRecorder.Ledger;
using EdgeRecorder.Storage;
using EdgeRecorder.Storage.Format;
using EdgeRecorder.Tests.Storage.PowerCut;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.PowerCut;

/// <summary>What the examination of one state counted.</summary>
internal sealed class Figures
{
    public int Found { get; set; }
    public int Unacknowledged { get; set; }
    public int Relinked { get; set; }
    public int TornHeaders { get; set; }
    public double LossSeconds { get; set; }
    public double LossAtMostSeconds { get; set; }
    public double StoodStillSeconds { get; set; }

    public void Add(Figures other)
    {
        (Found, Unacknowledged) = (Found + other.Found, Unacknowledged + other.Unacknowledged);
        (Relinked, TornHeaders) = (Relinked + other.Relinked, TornHeaders + other.TornHeaders);
        (LossSeconds, LossAtMostSeconds) = (Math.Max(LossSeconds, other.LossSeconds), Math.Max(LossAtMostSeconds, other.LossAtMostSeconds));
        StoodStillSeconds = Math.Max(StoodStillSeconds, other.StoodStillSeconds);
    }
}

/// <summary>
/// Looks at a storage root as a power cut left it: first as players find it, then as the next start does, with the recorder's own classes, and compares with what was acknowledged.
/// </summary>
internal sealed class Examination(string root, Trail trail, Cut cut, Figures figures)
{
    /// <summary>Promise P1: what a power cut costs at most, on flash and SSD.</summary>
    private const double PromisedSeconds = 2;

    private readonly Acknowledged _known = new(trail, cut.Entry);
    private readonly string _ring = Path.Combine(root, "ring"), _index = Path.Combine(root, "index.db"), _ledger = Path.Combine(root, "ledger.db");

    public List<string> Faults { get; } = [];

    /// <param name="decode">Says what a player does not like about a file with footage in sight, before anybody repaired anything; null: nobody plays them.</param>
    public void Run(Func<string, string?>? decode)
    {
        try
        {
            Play(decode);
            CheckIntegrity();
            Recover();
            Audit();
        }
        catch (Exception e) when (e is StorageException or LedgerException or DataRootException or SqliteException or IOException or UnauthorizedAccessException or ProtocolException)
        {
            Faults.Add($"the next start fails: {e.GetType().Name}: {e.Message}");
        }
    }

    private void Play(Func<string, string?>? decode)
    {
        if (!Directory.Exists(_ring))
            return;
        foreach (var path in Directory.GetFiles(_ring, "*.mp4", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            try
            {
                if (StrictPlayer.Check(File.ReadAllBytes(path), out var records) is { } wrong && records.Count > 0)
                    Faults.Add($"{Path.GetFileName(path)}: {wrong}");
                else if (records.Count > 0 && decode?.Invoke(path) is { } disliked)
                    Faults.Add(disliked);
            }
            catch (ProtocolException)
            {
                figures.TornHeaders++;                      // of a generation that had no record yet
            }
        }
    }

    /// <summary>Both databases, as they are found; without changing them.</summary>
    private void CheckIntegrity()
    {
        foreach (var path in (ReadOnlySpan<string>)[_ledger, _index])
        {
            if (!_known.IsReady)
                continue;                                   // being made: the next start must cope, and is asked for the result
            if (!File.Exists(path))
                Faults.Add($"{Path.GetFileName(path)} is gone");
            else if (Integrity(path) is var said and not "ok")
                Faults.Add($"{Path.GetFileName(path)}: {said}");
        }
    }

    private void Recover()
    {
        using var data = DataRoot.Open(root);
        using var key = DeviceKey.Open(data.Keys);
        var secret = BoxSecret.Open(data.Keys);
        using (var ledger = LedgerDatabase.Open(data.Ledger))
        {
            CheckLedger(ledger, secret);
            var given = GivenUp();
            using var ring = Ring.Open(Options(key), new LinuxClock(), new Observer(this),
                new ClockStore(ledger).Boots().Select(b => new BootAnchor(b.Number, b.Id, b.AnchoredBoottimeUs, b.AnchoredBoottimeUs + b.OffsetUs, b.Quality)));
            figures.Relinked += ring.Recovery.Relinked;
            foreach (var (path, why) in ring.Recovery.Refused.Where(r => !r.Why.StartsWith("segment header", StringComparison.Ordinal)))
                Faults.Add($"{path} is refused: {why}");
            foreach (var path in ring.ForeignFiles)
                Faults.Add($"{path} is not the ring's");
            foreach (var (stream, records) in trail.Streams)
                CheckFootage(ring, stream, records, given);
        }
        foreach (var path in (ReadOnlySpan<string>)[_ledger, _index])
            if (Integrity(path) is var said and not "ok")
                Faults.Add($"{Path.GetFileName(path)} after the start: {said}");
    }

    /// <summary>As the daemon opens it (Engine.OpenRing), with the configuration of the trial.</summary>
    private RingOptions Options(DeviceKey key) => new()
    {
        Folder = _ring, IndexPath = _index, SizeBytes = 24L << 20, SegmentBytes = Trail.SegmentBytes, Channels = 2, Sign = key.Sign, KeepsAll = true,
    };

    private void CheckLedger(LedgerDatabase ledger, BoxSecret secret)
    {
        var channels = new ChannelStore(ledger, secret, TimeProvider.System).All().ToDictionary(c => c.Id);
        foreach (var (id, number) in _known.Channels)
            if (!channels.TryGetValue(id, out var row) || row.Number != number || row.Removed || row.Url.Length == 0)
                Faults.Add($"channel {number} is not in the ledger");
        var locks = new LockStore(ledger);
        foreach (var id in _known.Locks.Keys.Where(id => locks.Find(id) is null))
            Faults.Add($"lock {id} is not in the ledger");
        foreach (var id in _known.Released.Where(id => locks.Find(id) is not null))
            Faults.Add($"lock {id}, released, holds again");
        var recordings = new RecordingStore(ledger);
        foreach (var (id, stopped) in _known.Recordings)
            if (recordings.Find(id) is not { } row || stopped && row.IsOpen)
                Faults.Add($"recording {id} is not in the ledger{(stopped ? " as stopped" : "")}");
    }

    /// <summary>Generations that the index says were given up: it says so before the segment does.</summary>
    private HashSet<long> GivenUp()
    {
        if (Volume.Read(_ring) is not var (volume, _) || !File.Exists(_index))
            return [];
        var rows = SegmentFolder.Scan(_ring).Segments.ToDictionary(s => s.Key, s => new Segment(s.Key, s.Value));
        try
        {
            IndexDatabase.ReadOnly(_index, volume, rows);
        }
        catch (SqliteException) when (!_known.IsReady)
        {
            return [];                                      // its tables were being made
        }
        return [.. rows.Values.Where(s => s.State == SegmentState.Ready && s.Generation > 0).Select(s => s.Generation)];
    }

    private void CheckFootage(Ring ring, StreamKey stream, Recorded[] records, HashSet<long> given)
    {
        List<long> found;
        using (var lease = ring.Lease(stream, 0, long.MaxValue, fromSync: false))
            found = [.. lease.Fragments.Select(f => f.MediaStart90k)];
        if (!found.SequenceEqual(found.Order().Distinct()))
            Faults.Add($"{stream}: records stand twice or out of order");
        var there = found.ToHashSet();
        var acknowledgedMs = _known.RecordedToMs.GetValueOrDefault(stream.ChannelNumber);
        var acknowledged = records.Where(r => r.ToUtcMs <= acknowledgedMs).ToList();
        var gone = acknowledged.Where(r => !there.Contains(r.MediaStart90k) && !trail.HasEnded(r.Generation, cut.Entry) && !given.Contains(r.Generation)).ToList();
        if (gone.Count > 0)
            Faults.Add($"{stream}: {gone.Count} records that the timeline had shown are gone, from {gone[0]}");
        figures.Found += acknowledged.Count(r => there.Contains(r.MediaStart90k));
        figures.Unacknowledged += records.Count(r => r.ToUtcMs > acknowledgedMs && there.Contains(r.MediaStart90k));
        foreach (var (id, held) in _known.Locks.Where(l => l.Value.Stream == stream))
            if (acknowledged.Find(r => r.ToUtcMs > held.FromMs && r.FromUtcMs < held.ToMs && !there.Contains(r.MediaStart90k)) is { } lost)
                Faults.Add($"{stream}: lock {id} has lost {lost}");
        CheckPromise(stream, records, there);
    }

    /// <summary>P1 word for word: from the last access unit received to the last one recovered.</summary>
    private void CheckPromise(StreamKey stream, Recorded[] records, HashSet<long> there)
    {
        var (now, atMost) = trail.TimeOf(cut.Entry);
        if (Received(now) is not { } received)
            return;                                         // nothing of it had come in
        var recovered = records.Where(r => there.Contains(r.MediaStart90k)).Select(r => r.ToUs).DefaultIfEmpty(records[0].FromUs).Max();
        var loss = (received - recovered) / 1e6;
        figures.LossSeconds = Math.Max(figures.LossSeconds, loss);
        figures.LossAtMostSeconds = Math.Max(figures.LossAtMostSeconds, (Received(atMost)!.Value - recovered) / 1e6);
        var stoodStill = trail.StoodStillUs(cut.Entry, recovered) / 1e6;
        figures.StoodStillSeconds = Math.Max(figures.StoodStillSeconds, stoodStill);
        if (loss > PromisedSeconds + stoodStill)
            Faults.Add(string.Create(CultureInfo.InvariantCulture, $"{stream}: {loss:0.00} s that had been received are not recovered"));

        long? Received(long us) => records.Where(r => r.FromUs <= us).Max(r => (long?)Math.Min(r.ToUs, us));
    }

    /// <summary>Every byte of every record, seals and index, with the recorder's own fsck.</summary>
    private void Audit()
    {
        using var said = new StringWriter();
        if (Fsck.Run(root, said, TextWriter.Null) != 0)
            Faults.Add($"fsck: {said.ToString().ReplaceLineEndings("; ")}");
    }

    private static string Integrity(string path)
    {
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA integrity_check";
            return (string)command.ExecuteScalar()!;
        }
        catch (SqliteException e)
        {
            return e.Message;
        }
    }

    private sealed class Observer(Examination examination) : IRingObserver
    {
        public void Evicted(StreamKey stream, int bootNumber, long fromUs, long toUs) => Add($"{stream}: footage is given up at the start");
        public void Unreadable(StreamKey stream, int bootNumber, long fromUs, long toUs) => Add($"{stream}: records cannot be read");
        public void DiskFault(int segment, string error) => Add($"segment {segment}: {error}");
        public void Dropped(StreamKey stream, int bootNumber, long fromUs, long toUs) => Add($"{stream}: dropped");
        public void IndexLost(string why) => Add($"the index cannot be used: {why}");
        public void IndexRestored() { }
        public void Anchored(BootAnchor anchor) { }

        private void Add(string fault)
        {
            lock (examination.Faults)
                examination.Faults.Add(fault);
        }
    }
}
