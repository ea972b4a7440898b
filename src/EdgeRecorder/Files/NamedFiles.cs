using System.Collections.Concurrent;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Sound;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Files;

/// <summary>The named files of all recordings: who writes which, what was left open, and how much of the disk they have.</summary>
/// <param name="limit">Bytes that all of them may take; asked each time, as it may be a share of a volume that changes.</param>
internal sealed partial class NamedFiles(IRing ring, IRecorder recorder, FamilyFolder folder, RecordingFileStore files, RecordingDesk desk, Func<long?> limit, AacSound sound, TimeProvider time, ILogger<NamedFiles> log) : IAsyncDisposable
{
    private const int AtOnce = 64;

    /// <summary>Room that is made when the disk itself is full.</summary>
    private const long FullDisk = 64L << 20;

    private readonly ConcurrentDictionary<string, NamedFile> _running = new();
    private readonly Lock _clearing = new();
    private readonly ILogger _log = log;

    public FamilyFolder Folder => folder;

    /// <summary>Writes files for a recording until <see cref="EndAsync"/>; what a restart left open is closed first.</summary>
    public void Begin(NamedFileWish wish, RecordingRow row)
    {
        var file = new NamedFile(Box(), wish, row);
        if (_running.TryAdd(wish.RecordingId, file))
            file.Begin();
    }

    /// <summary>Closes the recording's file under its last name.</summary>
    public Task EndAsync(string recordingId) => _running.TryRemove(recordingId, out var file) ? file.EndAsync() : Task.CompletedTask;

    /// <summary>Closes what was left open for recordings that are no more, and makes room. Once, at start.</summary>
    public void CloseLeft()
    {
        foreach (var row in files.Unfinished())
            if (desk.Find(row.RecordingId) is not { IsOpen: true } && FamilyFolder.Find(row.Path) is { } place)
                try
                {
                    var wish = new NamedFileWish
                    {
                        RecordingId = row.RecordingId, Stream = row.Stream, Container = row.Container == "ts" ? NamedContainer.Ts : NamedContainer.Mp4,
                        Name = _ => place.Sibling($"left_{row.Id}.{row.Container}"),
                    };
                    OpenFile.Recover(Box(), wish, row)?.Close(isLast: true);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    LogNotClosed(row.Path, e.Message);      // the next start tries again
                }
        MakeRoom(false);
    }

    /// <summary>The oldest files that are finished go: first their rows, then they.</summary>
    private void MakeRoom(bool isFull)
    {
        lock (_clearing)
        {
            var most = limit() ?? long.MaxValue;
            var all = files.TotalBytes();
            if (isFull)
                most = Math.Min(most, all - FullDisk);
            while (all > most && files.Oldest(AtOnce) is { Count: > 0 } oldest)
                foreach (var row in oldest)
                {
                    if (all <= most)
                        return;
                    files.Remove(row.Id);
                    all -= row.Bytes;
                    Delete(row);
                }
        }
    }

    public async ValueTask DisposeAsync()
        => await Task.WhenAll(_running.Values.Select(file => file.LeaveAsync()));

    private void Delete(RecordingFileRow row)
    {
        try
        {
            if (FamilyFolder.Find(row.Path) is { } place)
                folder.Delete(place);
            LogEvicted(row.Path, row.Bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotDeleted(row.Path, e.Message);
        }
    }

    private NamedFileBox Box() => new(ring, recorder, folder, files, desk.Report, MakeRoom, sound, time, _log);

    [LoggerMessage(Level = LogLevel.Information, Message = "Named file {Path} ({Bytes} bytes) made room for newer ones")]
    private partial void LogEvicted(string path, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Named file {Path} could not be deleted: {Reason}")]
    private partial void LogNotDeleted(string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Named file {Path} could not be closed: {Reason}")]
    private partial void LogNotClosed(string path, string reason);
}
