using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Storage;

/// <summary>
/// <c>edge-recorder fsck DIR</c>: reads a whole ring and says what is not as it should be, a line per finding. Writes nothing and takes no lock, so it may run
/// beside a daemon: a segment that was recycled under it is read again.
/// </summary>
public static class Fsck
{
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromSeconds(2);

    /// <param name="root">Folder with <c>ring/</c> in it (<c>storage.root</c>), or the ring itself.</param>
    /// <param name="output">One line per finding, then one with the counts.</param>
    /// <param name="progress">A line every two seconds.</param>
    /// <returns>0 when nothing was found, 1 otherwise.</returns>
    public static int Run(string root, TextWriter output, TextWriter progress)
    {
        var ring = File.Exists(Path.Combine(root, Volume.Name)) ? root : Path.Combine(root, "ring");
        if (Volume.Read(ring) is not var (volume, segmentBytes))
        {
            output.WriteLine($"{root}: no ring here: {Path.Combine(ring, Volume.Name)} is missing or not readable");
            return 1;
        }
        return new Check(ring, volume, segmentBytes, output, progress).Run();
    }

    private sealed class Check(string ring, Guid volume, long segmentBytes, TextWriter output, TextWriter progress)
    {
        private readonly ReadOnlyDevice _device = new();
        private readonly Dictionary<int, SegmentAudit> _audits = [];
        private int _findings;

        public int Run()
        {
            var root = Path.GetDirectoryName(Path.GetFullPath(ring))!;
            var (segments, foreign) = SegmentFolder.Scan(ring);
            foreach (var path in foreign)
                Found(path, "is no file of the ring");
            foreach (var number in Enumerable.Range(1, segments.Count == 0 ? 0 : segments.Keys.Max()).Where(n => !segments.ContainsKey(n)))
                Found(SegmentFolder.PathOf(ring, number, free: false), "is missing");
            using var key = ReadKey(Path.Combine(root, "keys"));
            var last = TimeProvider.System.GetTimestamp();
            foreach (var (number, path) in segments)
            {
                ReadSegment(number, path, key);
                if (TimeProvider.System.GetElapsedTime(last) < ProgressPeriod)
                    continue;
                last = TimeProvider.System.GetTimestamp();
                progress.WriteLine($"{_audits.Count} of {segments.Count} segments, {_findings} findings");
            }
            CompareSegments(segments);
            CompareIndex(Path.Combine(root, "index.db"), segments, key);
            int Count(AuditedState state) => _audits.Values.Count(a => a.State == state);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{segments.Count} segments: {Count(AuditedState.Sealed)} sealed ({_audits.Values.Count(a => a.IsSigned)} signed), {Count(AuditedState.Open)} open, "
                + $"{Count(AuditedState.Retired) + Count(AuditedState.Empty)} to be written again, {Count(AuditedState.Unused)} never used, {Count(AuditedState.Unreadable)} unreadable; "
                + $"{_audits.Values.Sum(a => a.Records)} records, {_audits.Values.Sum(a => a.RecordBytes)} bytes; {_findings} findings"));
            return _findings == 0 ? 0 : 1;
        }

        private void ReadSegment(int number, string path, ECDsa? key)
        {
            try
            {
                using var file = _device.Open(path);
                for (var again = false; ; again = true)
                {
                    var length = new FileInfo(path).Length;
                    var audit = new SegmentAudit(file, length, volume, number, key);
                    audit.Run(neverUsed: path.EndsWith(SegmentFolder.FreeSuffix, StringComparison.Ordinal));
                    // A daemon beside us may have linked, sealed or recycled it meanwhile: what is wrong is wrong twice.
                    if (audit.Findings.Count > 0 && !again)
                        continue;
                    if (length != segmentBytes)
                        Found(path, $"has {length} bytes, not {segmentBytes}");
                    foreach (var finding in audit.Findings)
                        Found(path, finding);
                    _audits[number] = audit;
                    return;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Found(path, e.Message);
            }
        }

        /// <summary>Generations are used once, and a segment names the last hash of the one before it.</summary>
        private void CompareSegments(SortedDictionary<int, string> segments)
        {
            foreach (var same in _audits.Where(a => a.Value.Header is not null).GroupBy(a => a.Value.Header!.Generation).Where(g => g.Count() > 1))
                foreach (var (number, _) in same)
                    Found(segments[number], $"generation {same.Key} stands in {same.Count()} segments");
            foreach (var (number, audit) in _audits)
                if (audit is { State: AuditedState.Sealed or AuditedState.Open, Header: { PreviousGeneration: > 0 } header }
                    && _audits.TryGetValue(header.PreviousSegment, out var previous) && previous.Header?.Generation == header.PreviousGeneration
                    && previous.Seal is { Recovered: false } seal && !seal.LastHash.AsSpan().SequenceEqual(header.PreviousHash))
                    Found(segments[number], $"header: its predecessor, segment {header.PreviousSegment}, ends with another hash");
        }

        private void CompareIndex(string path, SortedDictionary<int, string> segments, ECDsa? key)
        {
            if (!File.Exists(path))
                return;
            try
            {
                var wrong = Differing(path, segments);
                if (wrong.Count == 0)
                    return;
                foreach (var number in wrong.Keys)
                    ReadSegment(number, segments[number], key);   // a daemon beside us may have sealed or recycled it since
                foreach (var (number, what) in Differing(path, segments))
                    if (wrong.ContainsKey(number))
                        Found(segments[number], what);
            }
            catch (SqliteException e)
            {
                Found(path, e.Message);
            }
        }

        private Dictionary<int, string> Differing(string path, SortedDictionary<int, string> segments)
        {
            var rows = segments.Keys.ToDictionary(n => n, n => new Segment(n, segments[n]));
            var wrong = new Dictionary<int, string>();
            foreach (var number in IndexDatabase.ReadOnly(path, volume, rows) ?? [])
                if (_audits.TryGetValue(number, out var audit) && Difference(rows[number], audit) is { } what)
                    wrong[number] = what;
            return wrong;
        }

        /// <summary>What a sealed segment's row says otherwise than the segment; other rows are not believed at a start.</summary>
        private static string? Difference(Segment row, SegmentAudit audit)
        {
            if (row.State != SegmentState.Sealed)
                return null;
            if (audit.Header?.Generation != row.Generation || audit.State is not (AuditedState.Sealed or AuditedState.Retired))
                return $"index: has it sealed in generation {row.Generation}, it is {audit.State} in generation {audit.Header?.Generation}";
            return audit.Header.Stream != row.Stream || audit.Header.IsPool != row.IsPool || audit.RecordBytes != row.Bytes
                   || !row.IsPool && (audit.Seal is { Recovered: false } && audit.NextSequence != row.NextSequence || !row.LastHash.AsSpan().SequenceEqual(audit.LastHash))
                ? $"index: has {row.Bytes} bytes up to sequence {row.NextSequence} of {row.Stream}, it holds {audit.RecordBytes} up to {audit.NextSequence} of {audit.Header.Stream}"
                : null;
        }

        private ECDsa? ReadKey(string folder)
        {
            try
            {
                return DeviceKey.ReadPublic(folder);
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                Found(Path.Combine(folder, DeviceKey.PublicName), e.Message);
                return null;
            }
        }

        private void Found(string path, string what)
        {
            _findings++;
            output.WriteLine($"{Path.GetRelativePath(Path.GetDirectoryName(Path.GetFullPath(ring))!, Path.GetFullPath(path))}: {what}");
        }
    }
}
