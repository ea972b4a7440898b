using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;

namespace EdgeRecorder.Files;

/// <summary>The file that a recording is writing: its row, its temporary name, and its media.</summary>
internal sealed class OpenFile : IDisposable
{
    private readonly NamedFileBox _box;
    private readonly NamedFileWish _wish;
    private readonly INamedMedia _media;
    private readonly FamilyPath _temporary;
    private IReadOnlyList<Track> _tracks = [];
    private long _back90k;

    private OpenFile(NamedFileBox box, NamedFileWish wish, RecordingFileRow row, FamilyPath place, FamilyPath temporary, INamedMedia media)
        => (_box, _wish, Row, Place, _temporary, _media) = (box, wish, row, place, temporary, media);

    /// <summary>As the ledger has it, or will have it.</summary>
    public RecordingFileRow Row { get; private set; }

    /// <summary>What it will be called, as far as that is known.</summary>
    public FamilyPath Place { get; }
    public long Length => _media.Length;
    public long Milliseconds => _media.Milliseconds;
    public NamedFileStart Start => new(Row.Sequence, UtcTime.At(Row.FromUtcUs));

    /// <summary>Channel's media time at its beginning.</summary>
    public long Start90k { get; private init; }
    public SplitDue Due { get; private init; }
    public bool IsEmpty { get; private set; } = true;


    /// <summary>The tracks that the wish and the container leave of a format.</summary>
    public static IReadOnlyList<Track> Tracks(NamedFileBox box, NamedFileWish wish, InitSegment format)
    {
        var chosen = TrackSelection.Of(format, wish.Tracks).Init.Tracks;
        return wish.Container == NamedContainer.Ts ? [.. chosen.Where(track => NamedTs.CanHold(track, box.Sound))] : chosen;
    }

    /// <summary>Row first: what is on the disk is known, whatever happens next.</summary>
    public static OpenFile Begin(NamedFileBox box, NamedFileWish wish, IReadOnlyList<Track> tracks, int sequence, long startUtcUs, long start90k)
    {
        var start = new NamedFileStart(sequence, UtcTime.At(startUtcUs));
        var id = Guid.NewGuid();
        var place = wish.Name(start);
        var temporary = FamilyFolder.TemporaryBeside(place, id);
        var row = new RecordingFileRow(id.ToString("D"), wish.RecordingId, wish.Stream, sequence, startUtcUs, startUtcUs, temporary.InRoot, 0, wish.Container == NamedContainer.Ts ? "ts" : "mp4", Finished: false);
        box.Files.Add(row);
        try
        {
            var file = box.Folder.Create(temporary);
            return new OpenFile(box, wish, row, place, temporary, wish.Container == NamedContainer.Ts ? NamedTs.Begin(file.Handle, tracks, box.Sound) : NamedMp4.Begin(file.Handle, InitSegment.Build(tracks), startUtcUs))
            {
                Start90k = start90k, Due = wish.Split.Begin(start.Utc), _tracks = tracks,
            };
        }
        catch
        {
            box.Files.Remove(row.Id);
            throw;
        }
    }

    /// <summary>Takes up a file that was left open. Null: there is nothing to keep, and its row is gone.</summary>
    public static OpenFile? Recover(NamedFileBox box, NamedFileWish wish, RecordingFileRow row)
    {
        if (FamilyFolder.Find(row.Path) is { } place)
        {
            // Behind the last entry before the rename it has the name of the row, or the temporary one still.
            var temporary = FamilyFolder.TemporaryBeside(place, Guid.Parse(row.Id));
            if (box.Folder.Reopen(temporary) is { } file)
            {
                INamedMedia? media = row.Container == "ts" ? NamedTs.Recover(file.Handle) : NamedMp4.Recover(file.Handle, row.FromUtcUs, row.ToUtcUs);
                if (media is { Milliseconds: > 0 } or NamedMp4 { IsFinished: true })
                    return new OpenFile(box, wish, row with { ToUtcUs = row.FromUtcUs + media.Milliseconds * 1000 }, wish.Name(new(row.Sequence, UtcTime.At(row.FromUtcUs))), temporary, media) { IsEmpty = false };
                file.Dispose();
                box.Folder.Delete(temporary);
            }
            else if (temporary.Relative != place.Relative && box.Folder.Reopen(place) is { } whole)
            {
                using (whole)
                    box.Files.Finish(row with { Bytes = RandomAccess.GetLength(whole.Handle) });
                return null;
            }
        }
        box.Files.Remove(row.Id);
        return null;
    }

    public void Add(MovieFragment moof, ReadOnlySpan<byte> media, long toUtcUs)
    {
        if (IsEmpty && !_wish.Continuity)
            _back90k = Earliest(moof);
        _media.Add(moof, media, _back90k);
        Row = Row with { ToUtcUs = Math.Max(Row.ToUtcUs, toUtcUs), Bytes = _media.Length };
        IsEmpty = false;
    }

    /// <summary>Sound may begin a little before its picture: nothing comes to lie before 0.</summary>
    private long Earliest(MovieFragment moof)
        => moof.Tracks.Where(track => track.Samples.Count > 0).Join(_tracks, track => track.TrackId, format => format.Id, static (track, format) => MediaTime.From(track.DecodeTime, format.TimeScale)).DefaultIfEmpty(Start90k).Min();

    /// <summary>Something is missing: what follows stands where it would have stood. Stamps that run on show the hole.</summary>
    public void PassOver(long missing90k)
    {
        if (!_wish.Continuity)
            _back90k += missing90k;
    }

    public void Sync() => _media.Sync();

    /// <summary>Closes it and gives it its name.</summary>
    public NamedFileDone Close(bool isLast)
    {
        if (_media is not NamedMp4 { IsFinished: true })
            _media.Finish();
        _media.Dispose();
        var end = UtcTime.At(Row.ToUtcUs);
        var wanted = _box.Folder.Free(_wish.FinalName?.Invoke(Start, end) ?? Place);
        Row = Row with { Bytes = _media.Length, Path = wanted.InRoot };
        _box.Files.Update(Row);
        var kept = _box.Folder.Keep(_temporary, wanted);
        Row = Row with { Path = kept.InRoot, Finished = true };
        _box.Files.Finish(Row);
        return new NamedFileDone(Row, kept, Start.Utc, end, Milliseconds, isLast);
    }

    /// <summary>Nothing came: as if it had never begun.</summary>
    public void Discard()
    {
        _media.Dispose();
        _box.Folder.Delete(_temporary);
        _box.Files.Remove(Row.Id);
    }

    /// <summary>Lets go of it; its row says that it was left open.</summary>
    public void Dispose() => _media.Dispose();
}
