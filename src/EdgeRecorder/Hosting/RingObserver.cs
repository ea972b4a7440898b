using System.Diagnostics;
using System.Net.Sockets;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Storage;
using EdgeRecorder.Storage.Format;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Hosting;

/// <summary>Brings what the ring says to the ledger and to the log.</summary>
internal sealed partial class RingObserver(IGapLedger gaps, ClockStore clocks, SystemdNotify systemd, ILogger<RingObserver> log) : IRingObserver
{
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromSeconds(5), StartExtension = TimeSpan.FromMinutes(2);
    private long _lastProgress = Stopwatch.GetTimestamp();

    public void Evicted(StreamKey stream, int bootNumber, long fromUs, long toUs)
        => Keep(stream.Stream == StreamKey.Device ? null : stream, GapReason.Evicted, () => gaps.Evicted(stream, new(bootNumber, fromUs), new(bootNumber, toUs)));

    public void Unreadable(StreamKey stream, int bootNumber, long fromUs, long toUs)
    {
        Keep(stream, GapReason.Unreadable, () => gaps.Add(stream, GapReason.Unreadable, new(bootNumber, fromUs), new(bootNumber, toUs)));
        LogUnreadable(stream.ChannelNumber, stream.Stream);
    }

    public void DiskFault(int segment, string error) => LogDiskFault(segment, error);

    public void Dropped(StreamKey stream, int bootNumber, long fromUs, long toUs)
    {
        Keep(stream, GapReason.DiskFault, () => gaps.Add(stream, GapReason.DiskFault, new(bootNumber, fromUs), new(bootNumber, toUs)));
        LogDropped(stream.ChannelNumber, stream.Stream);
    }

    public void IndexLost(string why) => LogIndexLost(why);

    public void IndexRestored() => LogIndexRestored();

    public void Anchored(BootAnchor anchor)
        => clocks.Keep(new Boot(anchor.BootNumber, anchor.BootId, anchor.OffsetUs, anchor.Quality, anchor.BoottimeUs));

    /// <summary>Formatting and reading a large ring take their time; nobody waits for a small one.</summary>
    public void Progress(string what, int done, int of)
    {
        if (Stopwatch.GetElapsedTime(_lastProgress) < ProgressPeriod)
            return;
        _lastProgress = Stopwatch.GetTimestamp();
        LogProgress(what, done, of);
        try
        {
            systemd.Starting($"{what} segments of the ring, {done} of {of}", StartExtension);
        }
        catch (SocketException e)
        {
            LogDeaf(e.Message);                             // then systemd may lose its patience; the ring goes on as long as it is let
        }
    }

    public void Opened(Ring ring, string folder)
    {
        var status = ring.Status();
        LogOpened(ring.VolumeId, status.Segments, status.SegmentBytes >> 20, ring.PreviousStop, ring.Recovery.SegmentsRead, ring.Recovery.Relinked);
        if (RingFolder.Warning(folder) is { } warning)
            LogWarning(warning);
        foreach (var file in ring.ForeignFiles)
            LogForeign(file);
        foreach (var (path, why) in ring.Recovery.Refused)
            LogRefused(path, why);
    }

    // Called by the ring's threads: a ledger that cannot be written costs the gap, not the recording.
    private void Keep(StreamKey? kept, GapReason reason, Action write)
    {
        if (kept is not { } stream)
            return;                                         // what a device stored was never a whole; its holes are no gaps
        try
        {
            write();
        }
        catch (SqliteException e)
        {
            LogGapLost(stream.ChannelNumber, reason, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Gap of channel {Channel} ({Reason}) could not be written to the ledger: {Error}")]
    private partial void LogGapLost(int channel, GapReason reason, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ring {Volume}: {Segments} segments of {MiB} MiB; last stop {Stop}; {Read} segments read, {Relinked} records recovered")]
    private partial void LogOpened(Guid volume, int segments, long miB, PreviousStop stop, int read, int relinked);

    [LoggerMessage(Level = LogLevel.Warning, Message = "systemd cannot be told that the start takes longer: {Error}")]
    private partial void LogDeaf(string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ring: {What} segments, {Done} of {Of}")]
    private partial void LogProgress(string what, int done, int of);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}")]
    private partial void LogWarning(string warning);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} is not of this ring; it is left alone")]
    private partial void LogForeign(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} has no footage that can be read: {Why}")]
    private partial void LogRefused(string path, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "index.db cannot be written ({Why}) and was removed; recording goes on without it, a new one is tried every minute")]
    private partial void LogIndexLost(string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "index.db was written anew")]
    private partial void LogIndexRestored();

    [LoggerMessage(Level = LogLevel.Error, Message = "Segment {Segment} is quarantined: {Error}")]
    private partial void LogDiskFault(int segment, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Channel {Channel} stream {Stream}: footage could not be written anywhere")]
    private partial void LogDropped(int channel, byte stream);

    [LoggerMessage(Level = LogLevel.Error, Message = "Channel {Channel} stream {Stream}: part of a segment cannot be read; it is a gap now")]
    private partial void LogUnreadable(int channel, byte stream);
}
