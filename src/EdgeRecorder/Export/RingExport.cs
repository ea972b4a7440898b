using System.Globalization;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Export;

/// <summary>
/// `edge-recorder export`: a range of a channel as one MP4, packets as they are, straight out of the files of the ring. Needs no daemon and disturbs none that runs; for
/// a disk that was taken out of a box too.
/// </summary>
internal static class RingExport
{
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromSeconds(2);

    /// <param name="root">`storage.root`, with `ring/` in it.</param>
    /// <param name="path">Not there yet.</param>
    /// <returns>Whether there is a file; what it holds or why there is none has been said.</returns>
    public static bool Run(string root, string channel, DateTimeOffset from, DateTimeOffset to, string path, TextWriter output, TextWriter errors)
    {
        var ring = Path.Combine(root, "ring");
        if (Volume.Read(ring) is null)
            return Not(errors, $"{root}: no ring here: {Path.Combine(ring, Volume.Name)} is missing or not readable");
        if (File.Exists(path))
            return Not(errors, $"{path}: is there already");
        var footage = new RingFootage(ring);
        var pieces = footage.Find(channel, stream: 0);
        if (pieces.Count == 0)
            return Not(errors, $"{channel}: the ring has no footage of such a channel");
        var (fromUs, toUs) = (UtcTime.Us(from), UtcTime.Us(to));
        var records = footage.Records(pieces, fromUs, toUs);
        if (records.Count == 0)
            return Not(errors, $"{channel}: no footage from {Text(fromUs)} to {Text(toUs)}");
        try
        {
            return Copy(footage, records, fromUs, toUs, path, output, errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Not(errors, $"{path}: {e.Message}");
        }
    }

    private static bool Copy(RingFootage footage, List<(RingFootage.Piece Piece, FragmentRef Record)> records, long fromUs, long toUs, string path, TextWriter output, TextWriter errors)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.part";
        var format = InitSegment.Parse(records[0].Piece.Header.Init);
        try
        {
            using var movie = new MovieFile(temporary, format, Math.Max(fromUs, records[0].Record.FromUtcUs), TimeSpan.FromMicroseconds(toUs - fromUs));
            var (missing, end90k, waitsForSync, since) = (0, 0L, true, TimeProvider.System.GetTimestamp());
            for (var i = 0; i < records.Count; i++)
            {
                var (piece, record) = records[i];
                if (!InitSegment.Parse(piece.Header.Init).SameFormat(format))
                {
                    errors.WriteLine($"the format changes at {Text(record.FromUtcUs)}: ask for the rest from there");
                    toUs = record.FromUtcUs;
                    break;
                }
                waitsForSync = (waitsForSync || !MediaTime.RunsOn(end90k, record.MediaStart90k)) && !record.IsSync;
                if (waitsForSync)
                    continue;
                if (footage.Read(piece, record) is { } bytes)
                    movie.Add(record, bytes.AsSpan(FragmentRef.RecordHeaderLength), toUs);
                else
                    (missing, waitsForSync) = (missing + 1, true);
                end90k = record.MediaStart90k + record.Duration90k;
                if (TimeProvider.System.GetElapsedTime(since) < ProgressPeriod)
                    continue;
                since = TimeProvider.System.GetTimestamp();
                errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{100 * i / records.Count} %"));
            }
            if (movie.IsEmpty)
                return Not(errors, $"no footage from {Text(fromUs)} to {Text(toUs)} that can be played");
            if (missing > 0)
                errors.WriteLine($"{missing} damaged or overwritten records are left out");
            var (length, digest) = movie.Finish(new MovieTags(records[0].Piece.Header.Channel.Name, ""));
            File.Move(temporary, path);
            output.WriteLine($"{path}: {Text(movie.BeginUtcUs)} to {Text(Math.Min(movie.EndUtcUs, toUs))}, {length} bytes, SHA-256 {digest}");
            return true;
        }
        catch (ProtocolException e)
        {
            return Not(errors, $"the ring is damaged, fsck says where: {e.Message}");
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static bool Not(TextWriter errors, string why)
    {
        errors.WriteLine(why);
        return false;
    }

    private static string Text(long utcUs) => UtcTime.At(utcUs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
