using EdgeRecorder.Media;

namespace EdgeRecorder.Rtsp;

/// <summary>One attempt at a camera: connects, follows redirects, changes the transport where the camera or the network wants another, and plays.</summary>
internal sealed partial class RtspSession(RtspSourceOptions options, BoxClock clock, TimeProvider time, ILogger logger) : ISourceSession
{
    private volatile RtspPlay? _play;
    private bool _lowLatency;

    /// <inheritdoc/>
    public bool LowLatency
    {
        get => _lowLatency;
        set
        {
            _lowLatency = value;
            if (_play is { } play)
                play.LowLatency = value;
        }
    }

    /// <summary>How media comes; null before the first media.</summary>
    public RtspTransport? Transport { get; private set; }

    /// <summary>What the description offers and is not recorded, and why.</summary>
    public IReadOnlyList<string> Skipped { get; private set; } = [];

    /// <summary>Wake-ups of the TCP connection and the bytes they brought.</summary>
    public (long Reads, long Bytes) Received => _play?.Received ?? default;

    /// <inheritdoc/>
    public void Drain() => _play?.Drain();

    /// <inheritdoc/>
    public async Task RunAsync(ISourceSink sink, CancellationToken stop)
    {
        if (!RtspUrl.TryParse(options.Url, out var url, out var reason))
            throw new SourceException(GapReason.Offline, $"the URL {reason}");
        var transport = options.Transport == RtspTransport.Udp ? RtspTransport.Udp : RtspTransport.Tcp;
        var mayChange = options.Transport != RtspTransport.Tcp;
        for (var redirects = 0; ;)
        {
            var connection = await RtspClient.ConnectAsync(url, options.RequestTimeout, clock, time, stop).ConfigureAwait(false);
            using var play = new RtspPlay(options, url, transport, connection, sink, clock, time);
            _play = play;
            play.LowLatency = _lowLatency;                  // it may have been set between the two lines above
            play.Described = skipped => Skipped = skipped;
            play.Started = () => Transport = transport;
            switch (await play.RunAsync(stop).ConfigureAwait(false))
            {
                case PlayEnd.OtherTransport when mayChange:
                    transport = transport == RtspTransport.Tcp ? RtspTransport.Udp : RtspTransport.Tcp;
                    mayChange = false;
                    LogTransport(logger, url.Authority, transport);
                    break;
                case PlayEnd.OtherTransport:
                    throw new SourceException(GapReason.Offline, $"camera refuses transport {transport}");
                case PlayEnd.Redirected when redirects++ < options.MostRedirects:
                    url = Redirect(url, play.Location);
                    LogRedirect(logger, url);
                    break;
                case PlayEnd.Redirected:
                    throw new SourceException(GapReason.Offline, $"more than {options.MostRedirects} redirects");
                case PlayEnd.Ended:
                    return;
            }
        }
    }

    /// <summary>Credentials go along to the same host only; the target may bring its own.</summary>
    private static RtspUrl Redirect(RtspUrl from, string location)
    {
        if (!RtspUrl.TryParse(RtspUrl.Resolve(from.ToString(), location), out var to, out var reason))
            throw new SourceException(GapReason.Offline, $"redirected to what {reason}");
        return to.User is null && to.Host.Equals(from.Host, StringComparison.OrdinalIgnoreCase) && to.Port == from.Port
            ? to with { User = from.User, Password = from.Password }
            : to;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Camera}: changes to transport {Transport}")]
    private static partial void LogTransport(ILogger logger, string camera, RtspTransport transport);

    [LoggerMessage(Level = LogLevel.Information, Message = "redirected to {Url}")]
    private static partial void LogRedirect(ILogger logger, RtspUrl url);
}
