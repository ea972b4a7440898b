using System.Data.Common;
using EdgeRecorder.Bytes;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Files;

/// <summary>
/// Writes what one stream brings into one file after the other, for one recording. The stream's fragments come from its capture while they are in memory, at most a fragment behind the camera; where
/// that has a hole, and for what was filmed before, they come from the ring. One task.
/// </summary>
internal sealed partial class NamedFile
{
    /// <summary>A camera that is away for longer ends the file.</summary>
    private const long LongestPauseUs = 5_000_000;

    /// <summary>20 ms, less than a picture: cameras whose key frames come every second do not cut at the sixth because the fifth came a moment early.</summary>
    private const long Jitter90k = 1_800;

    /// <summary>What may wait for a slow disk; the ring has what is let go of.</summary>
    private const long MostWaiting = 16 << 20;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200), Retry = TimeSpan.FromSeconds(5), SyncPeriod = TimeSpan.FromSeconds(5), LookPeriod = TimeSpan.FromSeconds(2), NotePeriod = TimeSpan.FromSeconds(30), LastWait = TimeSpan.FromMilliseconds(1200);

    private readonly NamedFileBox _box;
    private readonly ILogger _log;
    private readonly NamedFileWish _wish;
    private readonly FragmentQueue _queue = new(MostWaiting);
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<RecordingFileRow> _left;
    private readonly long _askedUs;
    private readonly bool _isOver;                          // only what was left open is to be closed
    private RecordingProgress _progress;
    private RecordingProgress? _reported;
    private IDisposable? _watch;
    private Task _work = Task.CompletedTask;
    private OpenFile? _file;
    private InitSegment? _format;
    private IReadOnlyList<Track> _tracks = [];
    private byte[] _media = [];
    private int _next;
    private long _closedBytes, _closedMs;
    private long _cursor90k;
    private long _endUs;
    private long _stopUs = long.MaxValue;
    private bool _isBegun, _isPastStop;
    private bool _waitsForSync = true;
    private bool _looksBack;
    private volatile bool _isLeaving;
    private long _synced, _noted, _looked, _failed, _stopped;
    private string _blocked = "";

    /// <param name="row">As it was found: a recording that goes on behind a restart knows its counters.</param>
    public NamedFile(NamedFileBox box, NamedFileWish wish, RecordingRow row)
    {
        (_box, _log, _wish, _isOver) = (box, box.Log, wish, row.State == RecordingState.Stopping);
        var files = box.Files.Of(wish.RecordingId);
        _left = new(files.Where(file => !file.Finished));
        var wasOpen = _left.Any(file => file.Sequence == row.Sequence);
        _closedBytes = Math.Max(row.TotalBytes - (wasOpen ? row.Bytes : 0), files.Where(file => file.Finished).Sum(file => file.Bytes));
        _closedMs = Math.Max(0, row.TotalMilliseconds - (wasOpen ? row.Milliseconds : 0));
        _next = files.Count > 0 ? Math.Max(row.Sequence, files.Max(file => file.Sequence)) + 1 : row.Path.Length > 0 ? row.Sequence + 1 : 0;
        _askedUs = UtcTime.Us(wish.From ?? box.Time.GetUtcNow());
        _looksBack = wish.From is not null;
        _progress = new() { Sequence = row.Sequence, Start = row.Start, Bytes = row.Bytes, Milliseconds = row.Milliseconds, TotalBytes = row.TotalBytes, TotalMilliseconds = row.TotalMilliseconds, Path = row.Path, InfoPath = row.InfoPath };
    }

    private bool IsStopping => _stop.Task.IsCompleted;

    public void Begin() => _work = Task.Run(RunAsync);

    /// <summary>What comes until now is written, and the file gets its name.</summary>
    public Task EndAsync()
    {
        Volatile.Write(ref _stopUs, _box.NowUs);
        _stop.TrySetResult();
        return _work;
    }

    /// <summary>The daemon ends: the file gets its name, the recording goes on with the next one.</summary>
    public Task LeaveAsync()
    {
        _isLeaving = true;
        return EndAsync();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var isStopping = IsStopping;
                if (isStopping && _stopped == 0)
                    _stopped = _box.Time.GetTimestamp();
                var isDone = Try(isStopping);
                if (isStopping && (isDone || _box.Time.GetElapsedTime(_stopped) > 4 * LastWait))
                    return;
                await PauseAsync(isStopping);
            }
        }
        catch (Exception e)                                 // a recording's files end here, and nothing else does
        {
            LogFault(_wish.RecordingId, e);
            Report(e.Message);
        }
        finally
        {
            _watch?.Dispose();
            _queue.Clear();
            _file?.Dispose();
        }
    }

    private Task PauseAsync(bool isStopping)
        => isStopping ? Task.Delay(Look / 4, _box.Time) : Task.WhenAny(Task.Delay(Look, _box.Time), _stop.Task);

    /// <summary>True when a stop has nothing more to wait for.</summary>
    private bool Try(bool isStopping)
    {
        if (_failed != 0 && !isStopping && (_box.Time.GetElapsedTime(_failed) < Retry || !_wish.Retries()))
        {
            _queue.Clear();
            return false;
        }
        try
        {
            CloseLeft(isStopping);
            if (_isOver)
                return true;
            WatchStream();
            TakeWhatCame();
            var isDone = isStopping && (_isLeaving || _isPastStop || !_queue.IsLive || _box.Time.GetElapsedTime(_stopped) > LastWait);
            if (_file is not null && (isDone || !_queue.IsLive && _box.NowUs - _endUs > LongestPauseUs))
                Close(isLast: isStopping && !_isLeaving);
            Keep();
            _failed = 0;
            Report(_blocked);
            return isDone;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DbException or ProtocolException)     // .NET calls EPERM and EACCES the second; the ledger needs a disk too
        {
            Fail(e);
            return isStopping;
        }
    }

    private void WatchStream()
    {
        if (_watch is not null && !_queue.IsEnded)
            return;
        _watch?.Dispose();
        _watch = _queue.IsEnded ? null : _box.Recorder.Watch(_wish.Stream, _queue, lowLatency: false);
    }

    private void TakeWhatCame()
    {
        if (_looksBack || _isBegun && _queue.TryPeek(out var next) && !MediaTime.RunsOn(_cursor90k, next.MediaStart90k))
            LookBack();
        while (_queue.TryTake(out var fragment))
            try
            {
                var fromUs = _box.Ring.ToUtcUs(fragment.BoottimeUs);
                if (fragment.MediaStart90k + fragment.Duration90k <= _cursor90k || !_isBegun && fromUs < _askedUs)
                    continue;
                if (_isBegun && !MediaTime.RunsOn(_cursor90k, fragment.MediaStart90k))
                    LookBack();
                var media = Buffer(fragment.Length);
                fragment.Head.Span.CopyTo(media);
                var at = fragment.Head.Length;
                foreach (var payload in fragment.Payloads)
                {
                    payload.CopyTo(media[at..]);
                    at += payload.Length;
                }
                Take(fragment.Init, media, fragment.MediaStart90k, fragment.Duration90k, fragment.IsSync, fromUs);
            }
            finally
            {
                fragment.Release();
            }
    }

    /// <summary>What the ring has between the cursor, or the instant that was asked for, and what comes from the capture.</summary>
    private void LookBack()
    {
        var from = _isBegun ? _endUs : _askedUs;
        using var lease = _box.Ring.Lease(_wish.Stream, from, long.MaxValue, fromSync: !_isBegun);
        (int, long) at = default;
        InitSegment? format = null;
        foreach (var fragment in lease.Fragments)
        {
            if (fragment.MediaStart90k + fragment.Duration90k <= _cursor90k)
                continue;
            var record = new byte[fragment.MediaLength];
            if (!_box.Ring.TryRead(fragment, FragmentRef.RecordHeaderLength, record))
                continue;
            if (at != (fragment.Segment, fragment.Generation) && _box.Ring.ReadInit(fragment) is { } init)
                (format, at) = (InitSegment.Parse(init), (fragment.Segment, fragment.Generation));
            if (format is not null)
                Take(format, record, fragment.MediaStart90k, fragment.Duration90k, fragment.IsSync, fragment.FromUtcUs);
        }
        _looksBack = false;
    }

    private void Take(InitSegment format, ReadOnlySpan<byte> media, long start90k, uint duration90k, bool isSync, long fromUs)
    {
        if (fromUs >= Volatile.Read(ref _stopUs))
        {
            _isPastStop = true;
            return;
        }
        var isHole = _isBegun && !MediaTime.RunsOn(_cursor90k, start90k);
        _waitsForSync |= isHole;
        if (_waitsForSync && !isSync)
            return;
        if (!ReferenceEquals(format, _format))
        {
            var isOther = _format is not null && !format.SameFormat(_format);
            (_format, _tracks) = (format, OpenFile.Tracks(_box, _wish, format));
            if (isOther || _tracks.Count == 0)
                Close(isLast: false);
            if (_tracks.Count == 0)
                LogNothing(_wish.RecordingId, string.Join(", ", format.Tracks.Select(track => track.Codec)));
            else if (_tracks.Count < TrackSelection.Of(format, _wish.Tracks).Init.Tracks.Count)
                LogLeftOut(_wish.RecordingId, string.Join(", ", format.Tracks.Except(_tracks).Select(track => track.Codec)));
        }
        if (_file is { } open && (fromUs - _endUs > LongestPauseUs || isSync && IsDue(open, start90k, fromUs)))
            Close(isLast: false);
        if (_tracks.Count > 0)
            Write(media, start90k, duration90k, fromUs, isHole);
        (_isBegun, _waitsForSync) = (true, false);
        (_cursor90k, _endUs) = (start90k + duration90k, fromUs + MediaTime.ToUs(duration90k));
        _isPastStop = _endUs >= Volatile.Read(ref _stopUs);
    }

    private void Write(ReadOnlySpan<byte> media, long start90k, uint duration90k, long fromUs, bool isHole)
    {
        try
        {
            var moof = MovieFragment.Parse(media);
            if (_file is null)
            {
                _file = OpenFile.Begin(_box, _wish, _tracks, _next, fromUs, start90k);
                _next++;
                _synced = _box.Time.GetTimestamp();
            }
            else if (isHole)
                _file.PassOver(start90k - _cursor90k);
            _file.Add(moof, media, fromUs + MediaTime.ToUs(duration90k));
        }
        catch (ProtocolException e)
        {
            LogDamaged(_wish.RecordingId, e);
            _waitsForSync = true;
        }
    }

    private bool IsDue(OpenFile file, long start90k, long fromUs)
    {
        // Minutes are a setting: what it says now counts for the file that is open.
        var due = _wish.Split is SplitRule.Minutes minutes ? minutes.Begin(file.Start.Utc) : file.Due;
        return due.Length is { } length && start90k - file.Start90k >= (long)(length.TotalSeconds * 90_000) - Jitter90k || due.At is { } at && fromUs >= UtcTime.Us(at);
    }

    private void Close(bool isLast)
    {
        if (_file is not { } file)
            return;
        _file = null;
        if (file.IsEmpty)
            file.Discard();
        else
            Closed(file, isLast);
    }

    private void Closed(OpenFile file, bool isLast)
    {
        NamedFileDone done;
        try
        {
            done = file.Close(isLast);
        }
        catch
        {
            file.Dispose();
            _left.Enqueue(file.Row);                        // it is closed when the disk takes it
            throw;
        }
        _closedBytes += done.Row.Bytes;
        _closedMs += done.Milliseconds;
        _progress = Progress(file, done.Place) with { TotalBytes = _closedBytes, TotalMilliseconds = _closedMs };
        _wish.Finished?.Invoke(done);
        _box.MakeRoom(false);
    }

    /// <summary>Files that a crash or a fault of the disk left open.</summary>
    private void CloseLeft(bool isStopping)
    {
        while (_left.TryPeek(out var row))
        {
            var file = OpenFile.Recover(_box, _wish, row);
            _left.Dequeue();
            if (file is not null)
                Closed(file, isLast: (isStopping && !_isLeaving && _file is null) || _isOver);
        }
    }

    private void Keep()
    {
        if (_file is null)
            return;
        _progress = Progress(_file, _file.Place) with { TotalBytes = _closedBytes + _file.Length, TotalMilliseconds = _closedMs + _file.Milliseconds };
        if (_box.Time.GetElapsedTime(_looked) >= LookPeriod)
        {
            // A file that could not be given its name is an error while there is time to mend it.
            _blocked = _box.Folder.WhyNotWritable(_file.Place) ?? "";
            _looked = _box.Time.GetTimestamp();
        }
        if (_box.Time.GetElapsedTime(_synced) < SyncPeriod)
            return;
        _file.Sync();
        if (_box.Time.GetElapsedTime(_noted) >= NotePeriod)
        {
            _box.Files.Update(_file.Row);
            _noted = _box.Time.GetTimestamp();
        }
        _synced = _box.Time.GetTimestamp();
    }

    private RecordingProgress Progress(OpenFile file, FamilyPath place)
        => new() { Sequence = file.Row.Sequence, Start = file.Start.Utc, Bytes = file.Length, Milliseconds = file.Milliseconds, Path = _wish.Shown(place), InfoPath = _wish.Info(file.Start) };

    private void Fail(Exception e)
    {
        if (_failed == 0)
            LogError(_wish.RecordingId, e.Message);
        _failed = _box.Time.GetTimestamp();
        _waitsForSync = true;
        if (_file is { } file)
        {
            _file = null;
            file.Dispose();
            _left.Enqueue(file.Row);
        }
        _blocked = "";
        if (e is ErrnoException { Errno: ErrnoException.ENOSPC } || e.HResult == ErrnoException.ENOSPC)      // .NET hands the errno on
            _box.MakeRoom(true);
        Report(e.Message);
    }

    private void Report(string error)
    {
        var now = _progress with { Error = error };
        if (now == _reported || _progress.Path.Length == 0 && error.Length == 0 && _reported is null)
            return;
        _box.Report(_wish.RecordingId, _reported = now);
    }

    private Span<byte> Buffer(int length)
    {
        if (_media.Length < length)
            _media = new byte[length + length / 4];
        return _media.AsSpan(0, length);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Recording {Id}: its file cannot be written, tried again every 5 s: {Reason}")]
    private partial void LogError(string id, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Recording {Id}: no more files are written for it")]
    private partial void LogFault(string id, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Recording {Id}: a damaged fragment is left out")]
    private partial void LogDamaged(string id, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Recording {Id}: of {Codecs} nothing goes into its files")]
    private partial void LogNothing(string id, string codecs);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Recording {Id}: without {Codecs}, which its container does not hold")]
    private partial void LogLeftOut(string id, string codecs);
}
