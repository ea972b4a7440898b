using System.Globalization;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Storage;
using EdgeRecorder.Storage.Format;
using EdgeRecorder.Tests.Media;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.Storage.PowerCut;

/// <summary>
/// The trial behind the on-disk protocol: real fragments through a ring that laps, every write and sync recorded, then the power cut at hundreds of
/// moments (<c>SCALE=full</c>: 2,000), each with another fate of what was not synced. Half of the cuts keep an index as old as it may be, half have none;
/// a third is cut again while recording goes on.
/// </summary>
public sealed class PowerCutTests(ITestOutputHelper output) : IDisposable
{
    private const int Segments = 24, Ready = Segments / 8, SegmentBytes = 1 << 20;
    private static readonly StreamKey[] Streams = [new(1, 0), new(2, 0), new(2, 1)];
    private static readonly bool Full = Environment.GetEnvironmentVariable("SCALE") == "full";

    private readonly TemporaryDirectory _directory = new(InMemory);
    // The model knows what a sync means; the files below it need no real one.
    private const string InMemory = "/dev/shm";
    private readonly Dictionary<int, (byte[] File, int Records)> _played = [];
    private readonly TestClock _clock = new();
    private readonly RingBench.RecordingObserver _observer = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Whatever_a_power_cut_leaves_plays_and_every_acknowledged_record_is_found()
    {
        var clip = await Clip.MakeAsync(Codec.H264, Codec.Aac, width: 640);
        var trial = Record(clip, fragments: 2400);
        Assert.Equal(0, trial.EarlySeals);
        var random = new Random(20260217);
        var cuts = Enumerable.Range(0, Full ? 2000 : 320).Select(_ => random.Next(trial.Start, trial.Log.Count + 1)).Order().ToList();
        var model = new DiskModel(Enumerable.Range(1, Segments).ToDictionary(n => n, _ => new byte[SegmentBytes]));
        var replay = new Replay(_directory.File("replay"), trial.VolumeText, Segments);
        var figures = new Figures();
        var samples = new List<string>();
        foreach (var (position, number) in cuts.Select((position, number) => (position, number)))
        {
            model.MoveTo(trial.Log, position);
            var (files, unsynced) = model.Cut(random);
            foreach (var (segment, file) in files)
                if (Play(segment, (byte[])file.Clone(), $"cut {number} at {position}, segment {segment}") > 0 && unsynced.Contains(segment) && samples.Count < 48 && number % (cuts.Count / 48) == 0)
                {
                    samples.Add(_directory.File($"sample-{number}-{segment}.mp4"));
                    await File.WriteAllBytesAsync(samples[^1], file);
                }
            replay.Put(files, segment => trial.Promoted(segment, position, random), number % 2 == 0 ? trial.IndexBefore(position) : null);
            var expected = trial.Expected(position);
            var kept = Recover(replay, expected, $"cut {number} at {position}", figures);
            foreach (var records in kept.Values)
                records.RemoveAll(r => trial.HasRetired(r.Generation));   // an old index may still list what is already marked
            if (number % 3 == 0)
                CutAgain(replay, files, clip, kept, random, $"cut {number} at {position}, again", figures);
        }
        await Parallel.ForEachAsync(samples, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (path, _) => await Tool.DecodesAsync(path));
        foreach (var path in samples.Take(6))
            await Tool.DecodesInGStreamerAsync(path, video: true, audio: true);
        Assert.True(samples.Count >= 20, $"{samples.Count} files were torn and hold footage");
        Assert.True(trial.Retired > 20 && trial.Seals > 40, $"{trial.Retired} retirements, {trial.Seals} seals: the ring did not lap");
        output.WriteLine($"{cuts.Count} cuts and {figures.Again} second ones over {trial.Log.Count} writes and syncs, {trial.Retired} retirements, {trial.Seals} seals; "
            + $"{figures.Acknowledged} acknowledged records found, {figures.More} more than that, {figures.Relinked} linked by recovery; {samples.Count} files decoded");
    }

    /// <summary>Boxes in order, no torn record in sight; a file whose header of a new generation is torn holds nothing. Returns the records visible.</summary>
    private int Play(int segment, byte[] file, string what)
    {
        if (_played.TryGetValue(segment, out var known) && known.File.AsSpan().SequenceEqual(file))
            return known.Records;
        try
        {
            var wrong = StrictPlayer.Check(file, out var records);
            Assert.True(wrong is null || records.Count == 0, $"{what}: {wrong}");
            _played[segment] = (file, records.Count);
            return records.Count;
        }
        catch (ProtocolException)
        {
            return 0;
        }
    }

    private Trial Record(Clip clip, int fragments)
    {
        var options = Options("ring");
        var log = new WriteLog(new KernelDevice());
        var trial = new Trial();
        var cameras = Streams.ToDictionary(s => s, s => new Camera(clip, _clock.Boottime, largestBytes: 200_000));
        log.BeforeHeader = () =>
        {
            var copy = _directory.File($"index-{trial.Indexes.Count}.db");
            using var connection = new SqliteConnection($"Data Source={options.IndexPath};Pooling=False;Mode=ReadOnly");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"VACUUM INTO '{copy}'";
            command.ExecuteNonQuery();
            trial.Indexes.Add((log.Count, copy));
        };
        using (var ring = Ring.Open(options, _clock, _observer, [], log))
        {
            var random = new Random(7);
            var writers = Streams.ToDictionary(s => s, s => ring.OpenStream(s, RingBench.Identity(s.ChannelNumber), 0));
            var last = new Dictionary<StreamKey, long>();
            for (var i = 0; i < fragments; i++)
            {
                var stream = Streams[random.Next(Streams.Length)];
                var fragment = cameras[stream].Next();
                Wait.Until(() => writers[stream].Offer(fragment));
                last[stream] = fragment.MediaStart90k;
                _clock.Advance(fragment.BoottimeUs - _clock.Boottime);
                if (random.Next(6) != 0)
                    continue;
                ring.Flush();
                trial.Marks.Add((log.Count, new Dictionary<StreamKey, long>(last)));
                if (trial.Start == 0)
                    trial.Start = log.Count;
            }
            Wait.Until(() => ring.Status().Available >= Ready);
            trial.Seals = ring.Status().Seals;
        }
        foreach (var camera in cameras.Values)
            camera.Dispose();
        Assert.Empty(_observer.Drops);
        trial.VolumeText = File.ReadAllText(Path.Combine(options.Folder, Volume.Name));
        trial.Log = log.Entries;
        trial.Read();
        return trial;
    }

    /// <summary>Opens the ring as the cut left it, compares, opens it once more: the same. Returns what it holds.</summary>
    private Dictionary<StreamKey, List<(long Media, long Generation)>> Recover(Replay replay, HashSet<(StreamKey Stream, long Media, long Generation)> expected, string what, Figures figures)
    {
        _clock.Reboot();
        var log = new WriteLog(new KernelDevice());
        Dictionary<StreamKey, List<(long Media, long Generation)>> first;
        using (var ring = Ring.Open(Options("replay"), _clock, _observer, [], log))
        {
            Wait.Until(() => ring.Status().Available >= Ready);   // a start tops up the ready list; what it retires for that is not lost
            first = Holds(ring, what, replay.Changed);
            what += $" ({string.Join("; ", ring.Recovery.Refused)}; {string.Join("; ", ring.Recovery.Unreadable.Select(u => $"segment {u.Segment.Number} {u.What}"))})";
            figures.Relinked += ring.Recovery.Relinked;
        }
        var found = first.SelectMany(pair => pair.Value.Select(r => (pair.Key, r.Media, r.Generation))).ToHashSet();
        var since = new Trial { Log = log.Entries };
        since.Read();
        var lost = expected.Where(e => !found.Contains(e) && !since.HasRetired(e.Generation)).ToList();
        Assert.True(lost.Count == 0, $"{what}: {lost.Count} acknowledged records are gone, first {lost.FirstOrDefault()}, there are {string.Join(", ", first.Select(f => $"{f.Key} {f.Value.FirstOrDefault()} to {f.Value.LastOrDefault()}"))}");
        using (var ring = Ring.Open(Options("replay"), _clock, _observer, [], log))
            Assert.Equal(first, Holds(ring, what + ", second start", []));
        replay.Touched(log);
        figures.Acknowledged += expected.Count;
        figures.More += found.Count - expected.Count;
        return first;
    }

    /// <summary>Records on where the first cut left off and cuts again: what an earlier boot left behind must not come back.</summary>
    private void CutAgain(Replay replay, Dictionary<int, byte[]> files, Clip clip, Dictionary<StreamKey, List<(long Media, long Generation)>> kept, Random random, string what, Figures figures)
    {
        replay.Put(files, _ => true, null, all: true);
        var stream = Streams[random.Next(Streams.Length)];
        var log = new WriteLog(new KernelDevice());
        List<(int Position, long Media, long Generation)> acknowledged = [];
        _clock.Reboot();
        using (var ring = Ring.Open(Options("replay"), _clock, _observer, [], log))
        {
            using var writer = ring.OpenStream(stream, RingBench.Identity(stream.ChannelNumber), 0);
            using var camera = new Camera(clip, _clock.Boottime, writer.MediaEnd90k, 200_000);
            Assert.True(kept[stream].All(r => r.Media < writer.MediaEnd90k), $"{what}: media time runs back to {writer.MediaEnd90k}");
            for (var i = 0; i < 4; i++)
            {
                var fragment = camera.Next();
                Wait.Until(() => writer.Offer(fragment));
                ring.Flush();
                acknowledged.Add((log.Count, fragment.MediaStart90k, ring.Spans(stream, 0, long.MaxValue).Max(span => span.Generation)));
            }
        }
        replay.Touched(log);
        var model = new DiskModel(files);
        var position = random.Next(log.Count + 1);             // recovery itself may be cut
        model.MoveTo(log.Entries, position);
        var (again, _) = model.Cut(random);
        foreach (var (segment, file) in again)
            Play(segment, file, what);
        replay.Put(again, _ => true, null, all: true);
        var trial = new Trial { Log = log.Entries };
        trial.Read();
        var expected = acknowledged.Where(a => a.Position <= position).Select(a => (stream, a.Media, a.Generation)).ToHashSet();
        expected.UnionWith(kept.SelectMany(pair => pair.Value.Select(r => (pair.Key, r.Media, r.Generation))));
        expected.RemoveWhere(e => trial.HasRetired(e.Item3));
        Recover(replay, expected, what, figures);
        figures.Again++;
    }

    /// <summary>Every record of every stream, each once, in order of media time; those of files that are not as they were at the last cut are read back whole.</summary>
    private static Dictionary<StreamKey, List<(long Media, long Generation)>> Holds(Ring ring, string what, HashSet<int> read)
    {
        var all = new Dictionary<StreamKey, List<(long Media, long Generation)>>();
        foreach (var stream in Streams)
        {
            using var lease = ring.Lease(stream, 0, long.MaxValue, fromSync: false);
            var media = all[stream] = [];
            foreach (var fragment in lease.Fragments)
            {
                var record = new byte[read.Contains(fragment.Segment) ? fragment.Length : RecordHeader.Length];
                Assert.True(ring.TryRead(fragment, 0, record) && (record.Length < fragment.Length || RecordHeader.CrcFits(record)), $"{what}: {fragment} cannot be read");
                var header = RecordHeader.Parse(record);
                Assert.True(header.Stream == stream && header.MediaStart90k == fragment.MediaStart90k, $"{what}: {fragment} is another");
                media.Add((fragment.MediaStart90k, header.Generation));
            }
            var wrong = media.Zip(media.Skip(1)).Where(pair => pair.First.Media >= pair.Second.Media).ToList();
            Assert.True(wrong.Count == 0, $"{what}: {stream} is out of order or double: {wrong.FirstOrDefault()} of {wrong.Count}");
            Assert.Equal(ring.Spans(stream, 0, long.MaxValue).Sum(s => s.Bytes), lease.Fragments.Sum(f => (long)f.Length));
        }
        return all;
    }

    private RingOptions Options(string name) => new()
    {
        Folder = Directory.CreateDirectory(Path.Combine(_directory.Path, name, "ring")).FullName, IndexPath = Path.Combine(_directory.Path, name, "index.db"),
        SizeBytes = Segments * SegmentBytes, SegmentBytes = SegmentBytes, SyncPeriod = TimeSpan.FromMilliseconds(3), LeaseGrace = TimeSpan.Zero,
    };

    private sealed class Figures
    {
        public int Again, Acknowledged, More, Relinked;
    }

    /// <summary>What was recorded: the log, and what of it had been promised when.</summary>
    private sealed class Trial
    {
        private readonly List<(int Position, long Generation)> _retired = [];
        private readonly Dictionary<int, int> _promoted = [];
        private static readonly int SealOffset = new Geometry(SegmentBytes).SealOffset;
        private readonly List<(StreamKey Stream, long Media, long Generation)> _records = [];
        private readonly Dictionary<int, int> _written = [], _synced = [];

        public List<LogEntry> Log { get; set; } = [];
        public List<(int Position, Dictionary<StreamKey, long> Last)> Marks { get; } = [];
        public List<(int Position, string Path)> Indexes { get; } = [];
        public int Start { get; set; }
        public long Seals { get; set; }

        /// <summary>Seals that were written while the disk could still write them in front of what they tell of.</summary>
        public int EarlySeals { get; private set; }
        public string VolumeText { get; set; } = "";
        public int Retired => _retired.Count;

        public bool HasRetired(long generation) => _retired.Exists(r => r.Generation == generation);

        /// <summary>Finds records, retirements and first uses in the log.</summary>
        public void Read()
        {
            for (var i = 0; i < Log.Count; i++)
            {
                var (segment, offset, bytes, _) = Log[i];
                if (bytes is null)
                {
                    _promoted.TryAdd(segment, i);           // the header's sync is a segment's first
                    _synced[segment] = Log[i].UpTo;
                    continue;
                }
                if (offset == SealOffset && _written.GetValueOrDefault(segment) >= _synced.GetValueOrDefault(segment))
                    EarlySeals++;
                _written[segment] = i;
                if (offset == SegmentBytes - Geometry.Page)
                {
                    _retired.Add((i, System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(24))));
                    continue;
                }
                for (var at = (int)(Geometry.AlignUp((int)offset) - offset); offset > 0 && at + RecordHeader.Length <= bytes.Length && at <= 2 * Geometry.Page; at += Geometry.Page)
                    if (TryParse(bytes.AsSpan(at)) is { } record)
                    {
                        _records.Add((record.Stream, record.MediaStart90k, record.Generation));
                        break;
                    }
            }
        }

        public HashSet<(StreamKey Stream, long Media, long Generation)> Expected(int position)
        {
            var last = Marks.FindLast(m => m.Position <= position).Last;
            var retired = _retired.Where(r => r.Position < position).Select(r => r.Generation).ToHashSet();
            return [.. _records.Where(r => last.TryGetValue(r.Stream, out var end) && r.Media <= end && !retired.Contains(r.Generation))];
        }

        public string? IndexBefore(int position) => Indexes.FindLast(i => i.Position <= position).Path;

        /// <summary>Whether the file has its name for players: a rename is not synced, so a young one may be gone.</summary>
        public bool Promoted(int segment, int position, Random random)
            => _promoted.TryGetValue(segment, out var since) && since < position && (position - since > 100 || random.Next(2) == 0);

        private static RecordHeader? TryParse(ReadOnlySpan<byte> bytes)
        {
            try
            {
                return RecordHeader.Parse(bytes);
            }
            catch (ProtocolException)
            {
                return null;
            }
        }
    }

    /// <summary>A folder that is made to look like one cut after the other; only what differs is written.</summary>
    private sealed class Replay
    {
        private readonly string _folder;
        private readonly Dictionary<int, byte[]> _there = [];

        /// <summary>Segments whose bytes the last <see cref="Put"/> wrote.</summary>
        public HashSet<int> Changed { get; } = [];

        public Replay(string folder, string volume, int segments)
        {
            _folder = folder;
            Directory.CreateDirectory(Path.Combine(folder, "ring"));
            File.WriteAllText(Path.Combine(folder, "ring", Volume.Name), volume);
            foreach (var number in Enumerable.Range(1, segments))
                Directory.CreateDirectory(Path.GetDirectoryName(PathOf(number, true))!);
        }

        public void Put(Dictionary<int, byte[]> files, Func<int, bool> promoted, string? index, bool all = false)
        {
            Changed.Clear();
            foreach (var (number, bytes) in files)
            {
                var free = !all && !promoted(number) || bytes.AsSpan(0, 8).IndexOfAnyExcept((byte)0) < 0;
                var (path, other) = (PathOf(number, free), PathOf(number, !free));
                if (File.Exists(other))
                    File.Move(other, path);
                if (_there.TryGetValue(number, out var known) && known.AsSpan().SequenceEqual(bytes) && File.Exists(path))
                    continue;
                using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write);
                RandomAccess.Write(file, bytes, 0);
                _there[number] = (byte[])bytes.Clone();
                Changed.Add(number);
            }
            foreach (var file in Directory.GetFiles(_folder, "index.db*"))
                File.Delete(file);
            if (index is not null)
                File.Copy(index, Path.Combine(_folder, "index.db"));
        }

        /// <summary>Files that recovery or recording wrote to are to be put back.</summary>
        public void Touched(WriteLog log)
        {
            foreach (var entry in log.Entries)
                _there.Remove(entry.Segment);
        }

        private string PathOf(int number, bool free)
            => Path.Combine(_folder, "ring", (number / 100).ToString("D4", CultureInfo.InvariantCulture), number.ToString("D6", CultureInfo.InvariantCulture) + (free ? ".free" : ".mp4"));
    }
}
