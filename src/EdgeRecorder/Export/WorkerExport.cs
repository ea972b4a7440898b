using EdgeRecorder.Bytes;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Mp4;
using EdgeRecorder.Playback;
using EdgeRecorder.Storage;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Export;

/// <summary>An export that a media worker makes: other containers than MP4, pictures, everything decoded or encoded. A job for each stretch of one format.</summary>
internal sealed class WorkerExport(ExportSurroundings box, ExportRow row, ExportWish wish, Action<double> progress)
{
    private readonly List<ExportFileRow> _files = [];
    private readonly HashSet<string> _names = [];
    private readonly List<string> _warnings = [.. wish.Warnings];
    private readonly SourceRecords _sources = new();
    private readonly byte[] _header = new byte[RecordHeader.Length];

    public SourceRecords Sources => _sources;

    /// <exception cref="IOException">The disk.</exception>
    public async Task<ExportOutcome> RunAsync(long fromUtcUs, long toUtcUs, CancellationToken stop)
    {
        for (var from = fromUtcUs; from < toUtcUs;)
        {
            var (answer, to) = Open(from, toUtcUs);
            if (answer is not FootageAnswer.Found found)
                return Ended(answer is FootageAnswer.Damaged damaged ? damaged.What : "");
            using (found.Download)
                if (await RunAsync(found.Download, from, to, stop) is { } error)
                    return new ExportOutcome(error.Code switch { "disk-full" => ExportState.NoSpace, "no-picture" => ExportState.Nothing, _ => ExportState.Failed }, error.Text, _warnings, _files);
            if (wish.IsPicture)
                break;
            from = to;
        }
        return Ended("");
    }

    private ExportOutcome Ended(string damage)
    {
        if (_files.Count > 0)
            return new ExportOutcome(ExportState.Done, "", damage.Length > 0 ? [.. _warnings, damage] : _warnings, _files);
        return new ExportOutcome(damage.Length > 0 ? ExportState.Failed : ExportState.Nothing, damage.Length > 0 ? damage : "no footage in this range", _warnings, []);
    }

    /// <summary>Footage of one format from an instant on, and where it ends.</summary>
    private (FootageAnswer Answer, long ToUtcUs) Open(long fromUtcUs, long toUtcUs)
    {
        var answer = box.Source.Open(row.Stream, fromUtcUs, toUtcUs, verbatim: false);
        if (answer is not FootageAnswer.FormatChange change)
            return (answer, toUtcUs);
        var at = UtcTime.Us(change.At);
        return at <= fromUtcUs ? (new FootageAnswer.Damaged(change.At, change.What), toUtcUs) : (box.Source.Open(row.Stream, fromUtcUs, at, verbatim: false), at);
    }

    private async Task<MediaError?> RunAsync(IFootageDownload footage, long fromUtcUs, long toUtcUs, CancellationToken stop)
    {
        var records = footage.Records;
        var folder = Path.Combine(box.Folder.Of(row.Id), "work");
        Directory.CreateDirectory(folder);
        try
        {
            var fromMs = MsOf(records, fromUtcUs);
            var job = new MediaJob
            {
                Id = row.Id, Format = wish.Format, Folder = folder, FootageBytes = footage.Length,
                FromMs = wish.IsPicture && wish.IsNextPicture ? NextPictureMs(records, fromUtcUs) ?? fromMs : fromMs,
                ToMs = toUtcUs >= records[^1].Ref.ToUtcUs ? long.MaxValue : MsOf(records, toUtcUs),
                MaxFileBytes = wish.MaxFileBytes, Comment = wish.Comment, Title = wish.Names.Friendly, VideoQuality = wish.VideoQuality, AudioQuality = wish.AudioQuality, KeepOneOf = wish.KeepOneOf,
                Crop = wish.Crop, Masks = wish.Masks, Overlay = Overlay(),
                WallTimes = Dates(records), UtcOffsetMinutes = (int)box.Zone.GetUtcOffset(UtcTime.At(fromUtcUs)).TotalMinutes, Width = wish.Width, Page = wish.Page,
            };
            var result = await box.Encoders.RunAsync(box.Workers, job, footage.CopyAsync, progress, stop);
            _warnings.AddRange(result.Warnings);
            if (result.Error is { } error)
                return error;
            foreach (var part in result.Parts)
                Keep(folder, part, records, fromUtcUs, toUtcUs);
            foreach (var record in records)
                if (box.Ring.TryRead(record.Ref, 0, _header))
                    _sources.Add(record.Ref, RecordHeader.Parse(_header), _header);
            return null;
        }
        catch (ProtocolException e)
        {
            return new MediaError("damaged", e.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Text in pictures that are made anew; null where there is none to be written, which then needs no library that draws.</summary>
    private MediaOverlay? Overlay()
        => wish.Format == MediaFormat.Pdf || (wish.NeedsEncoder || wish.ShowsTime) && (wish.Comment.Length > 0 || wish.TimeFormat.Length > 0)
            ? new MediaOverlay(wish.Comment, wish.TimeFormat, wish.Color) : null;

    private void Keep(string folder, MediaPart part, IReadOnlyList<PlannedFragment> records, long fromUtcUs, long toUtcUs)
    {
        var path = Path.Combine(folder, part.Name);
        if (new FileInfo(path) is not { Exists: true, LinkTarget: null } file)
            throw new IOException($"the media worker named {part.Name} and made no such file");
        File.SetUnixFileMode(path, ExportFolder.FileMode);
        using (var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
            RandomAccess.FlushToDisk(handle);
        var from = wish.IsPicture ? UtcUsOf(records, part.FromMs) : Math.Max(fromUtcUs, UtcUsOf(records, part.FromMs));
        var to = wish.IsPicture ? from : Math.Clamp(UtcUsOf(records, part.ToMs), from, Math.Max(from, toUtcUs));
        var (name, friendly) = wish.Names.Of(from, to, wish.Extension, _names);
        _names.Add(name);
        box.Folder.Keep(row.Id, path, name);
        _files.Add(new ExportFileRow(name, friendly, file.Length, ExportFolder.Sha256Of(Path.Combine(box.Folder.Of(row.Id), name)), from, to));
    }

    /// <summary>Where an instant lies on the footage's time line.</summary>
    private static long At90k(IReadOnlyList<PlannedFragment> records, long utcUs)
    {
        var record = records[0];
        foreach (var next in records)
        {
            if (next.Ref.FromUtcUs > utcUs)
                break;
            record = next;
        }
        var inside = Math.Clamp((utcUs - record.Ref.FromUtcUs) * 9 / 100, 0, record.Ref.Duration90k);
        return record.Ref.MediaStart90k - record.Back90k + inside;
    }

    /// <summary>Date of an instant of the footage.</summary>
    public static long UtcUsOf(IReadOnlyList<PlannedFragment> records, long ms)
    {
        var record = records[0];
        foreach (var next in records)
        {
            if (next.Ref.MediaStart90k - next.Back90k > ms * 90)
                break;
            record = next;
        }
        return record.Ref.FromUtcUs + MediaTime.ToUs(ms * 90 - (record.Ref.MediaStart90k - record.Back90k));
    }

    /// <summary>A date for each run: where the wall clock does not go on as the media does.</summary>
    private static List<WallTime> Dates(IReadOnlyList<PlannedFragment> records)
    {
        const long StepMs = 200;
        var dates = new List<WallTime>();
        foreach (var record in records)
        {
            var date = new WallTime((record.Ref.MediaStart90k - record.Back90k) / 90, record.Ref.FromUtcUs / 1000);
            if (dates.Count == 0 || Math.Abs(date.UtcMs - dates[^1].UtcMs - (date.AtMs - dates[^1].AtMs)) > StepMs)
                dates.Add(date);
        }
        return dates;
    }

    /// <summary>The first picture that is shown at an instant or later; null when the footage ends before.</summary>
    private long? NextPictureMs(IReadOnlyList<PlannedFragment> records, long utcUs)
    {
        foreach (var record in records)
        {
            if (record.Ref.ToUtcUs <= utcUs)
                continue;
            var media = new byte[record.Ref.MediaLength];
            if (!box.Ring.TryRead(record.Ref, FragmentRef.RecordHeaderLength, media))
                continue;
            var pictures = MovieFragment.Parse(media).Tracks.FirstOrDefault(track => track.TrackId == 1)?.Samples ?? [];
            var at = At90k(records, utcUs) + record.Back90k;
            if (pictures.Select(picture => picture.Dts + picture.CompositionOffset).Where(shown => shown >= at).Order().Cast<long?>().FirstOrDefault() is { } first)
                return ToMs(first - record.Back90k);
        }
        return null;
    }

    /// <summary>An instant as the worker counts.</summary>
    public static long MsOf(IReadOnlyList<PlannedFragment> records, long utcUs) => ToMs(At90k(records, utcUs));

    /// <summary>Up: what is shown from an instant on is shown a part of a millisecond later too, and what comes before is not.</summary>
    private static long ToMs(long time90k) => (time90k + 89) / 90;
}
