using System.Globalization;
using EdgeRecorder.Media;

namespace EdgeRecorder.Rtsp;

/// <summary>What a camera offers, seen by playing it for some seconds.</summary>
/// <param name="Transport">The one that worked.</param>
/// <param name="Skipped">What it offers and we do not record, with the reason.</param>
/// <param name="FirstSyncMs">From the beginning of the connection to the first sync sample (audio only: frame).</param>
/// <param name="BitsPerSecond">Measured over the units received.</param>
/// <param name="VideoUnits">Pictures counted while measuring.</param>
internal sealed record ProbeReport(
    IReadOnlyList<Track> Tracks, RtspTransport Transport, IReadOnlyList<string> Skipped, long FirstSyncMs, long BitsPerSecond, int VideoUnits)
{
    /// <summary>Some lines for a terminal.</summary>
    public void WriteTo(TextWriter writer)
    {
        foreach (var track in Tracks)
            writer.WriteLine(track.IsVideo
                ? string.Create(CultureInfo.InvariantCulture, $"video      {track.Codec} {track.Width}x{track.Height}{(track.FrameRate > 0 ? $" {track.FrameRate:0.##} fps" : "")}")
                : string.Create(CultureInfo.InvariantCulture, $"audio      {track.Codec} {track.TimeScale} Hz, {track.ChannelCount} channel{(track.ChannelCount == 1 ? "" : "s")}"));
        foreach (var skipped in Skipped)
            writer.WriteLine($"skipped    {skipped}");
        writer.WriteLine($"transport  {Transport.ToString().ToUpperInvariant()}");
        writer.WriteLine($"first sync {FirstSyncMs} ms");
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bit rate   {BitsPerSecond / 1e6:0.00} Mb/s"));
    }
}

/// <summary>Asks a camera what it offers.</summary>
internal sealed class RtspProbe(RtspSourceOptions options, BoxClock clock, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <param name="measure">How long to measure after the first sync sample; 3 s are enough for most.</param>
    /// <exception cref="SourceException">The camera cannot be used; the message says why.</exception>
    /// <exception cref="Bytes.ProtocolException">It said what cannot be meant.</exception>
    public async Task<ProbeReport> RunAsync(TimeSpan measure, CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(LongestWait, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
        var session = new RtspSession(options, clock, time, logger);
        var sink = new MeasuringSink(clock, measure, both);
        try
        {
            await session.RunAsync(sink, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            if (sink.Tracks.Count == 0)
                throw new SourceException(GapReason.Stalled, $"no sync sample for {LongestWait.TotalSeconds:0} s");
        }
        return new(sink.Tracks, session.Transport ?? options.Transport, session.Skipped, sink.FirstSyncMs, sink.BitsPerSecond, sink.VideoUnits);
    }

    private sealed class MeasuringSink(BoxClock clock, TimeSpan measure, CancellationTokenSource enough) : ISourceSink
    {
        private readonly long _startUs = clock.BoottimeUs;
        private long _firstUs;
        private long _lastUs;
        private long _bytes;

        public IReadOnlyList<Track> Tracks { get; private set; } = [];
        public int VideoUnits { get; private set; }
        public long FirstSyncMs => (_firstUs - _startUs) / 1000;
        public long BitsPerSecond => _lastUs > _firstUs ? _bytes * 8 * 1_000_000 / (_lastUs - _firstUs) : 0;

        public void Announce(IReadOnlyList<Track> tracks) => Tracks = tracks;

        public void Add(in AccessUnit unit)
        {
            if (_firstUs == 0)
                _firstUs = unit.ArrivalUs;
            else
                _bytes += unit.Payload.Length;              // the first one's were sent before its arrival
            _lastUs = unit.ArrivalUs;
            VideoUnits += unit.Track.IsVideo ? 1 : 0;
            unit.Payload.Release();
            if (_lastUs - _firstUs >= measure.TotalMicroseconds)
                enough.Cancel();
        }

        public void Lost(int accessUnits, string why)
        {
            // A probe reports what came.
        }
    }
}
