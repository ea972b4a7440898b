using System.Globalization;
using System.Net.Sockets;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Rtp;
using EdgeRecorder.Sdp;

namespace EdgeRecorder.Rtsp;

/// <summary>How a connection ended that did not fail.</summary>
internal enum PlayEnd : byte { Ended, Redirected, OtherTransport }

/// <summary>One connection from DESCRIBE to TEARDOWN: the dialogue, the clocks that watch over it, and the end.</summary>
internal sealed class RtspPlay : IFrameSink, ITicking, IDisposable
{
    private const long ReportPeriodUs = 5_000_000;          // RFC 3550, 6.2: the minimum interval
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromMilliseconds(200);

    private readonly RtspSourceOptions _options;
    private readonly RtspUrl _url;
    private readonly RtspTransport _transport;
    private readonly RtspConnection _connection;
    private readonly RtspClient _client;
    private readonly BoxClock _clock;
    private readonly TimeProvider _time;
    private readonly MediaReceiver _receiver;
    private readonly List<StreamRoute> _routes = [];
    private readonly StreamRoute?[] _byChannel = new StreamRoute?[256];
    private readonly TaskCompletionSource<PlayEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _aggregate = "";
    private string _keepAlive = "OPTIONS";
    private bool _playing;
    private long _playedUs;
    private long _progressUs;
    private long _reportedUs;
    private long _keptAliveUs;

    public RtspPlay(RtspSourceOptions options, RtspUrl url, RtspTransport transport, RtspConnection connection, ISourceSink sink, BoxClock clock, TimeProvider time)
    {
        (_options, _url, _transport, _connection, _clock, _time) = (options, url, transport, connection, clock, time);
        _receiver = new(sink);
        _client = new(connection, url, this, options.RequestTimeout, time);
    }

    public bool LowLatency
    {
        get => _connection.LowLatency;
        set => _connection.LowLatency = value;
    }

    public (long Reads, long Bytes) Received => (_connection.Reads, _connection.BytesRead);

    /// <summary>Where <see cref="PlayEnd.Redirected"/> leads.</summary>
    public string Location { get; private set; } = "";

    public Action<IReadOnlyList<string>>? Described { get; set; }
    public Action? Started { get; set; }

    /// <summary>Plays until the camera ends it or something fails.</summary>
    /// <exception cref="SourceException">What failed, for people.</exception>
    /// <exception cref="ProtocolException">The camera said what cannot be meant.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> fired; the camera was told.</exception>
    public async Task<PlayEnd> RunAsync(CancellationToken stop)
    {
        var reading = ReadAsync();
        var timer = SlowTimer.Of(_time);
        timer.Add(this);
        using var stopping = stop.UnsafeRegister(static state => ((RtspPlay)state!)._end.TrySetCanceled(), this);
        try
        {
            var asked = await StartAsync(stop).ConfigureAwait(false);
            return asked is { } end ? end : await _end.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw new OperationCanceledException(stop);
        }
        finally
        {
            timer.Remove(this);
            if (_client.SessionId is not null)
            {
                _client.SendAndForget("TEARDOWN", _aggregate);
                // Closed with media unread, the connection would be reset, and cameras lose a TEARDOWN that way; then the session counts against their limit.
                _connection.EndSending();
                await Task.WhenAny(reading, Task.Delay(LongestFarewell, _time, CancellationToken.None)).ConfigureAwait(false);
            }
            _connection.Dispose();
            foreach (var route in _routes)
                route.Ports?.Dispose();
            await reading.ConfigureAwait(false);
            foreach (var route in _routes)
                await route.Reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);     // they end because their sockets are closed
            lock (_receiver.Gate)
                _receiver.End();
        }
    }

    void IFrameSink.Frame(byte channel, ReadOnlySpan<byte> data, long nowUs)
    {
        if (_byChannel[channel] is not { } route)
            return;                                         // a channel we did not ask for
        lock (_receiver.Gate)
            if (channel == route.ControlChannel)
                route.Stream.ReceiveControl(data, nowUs);
            else
                route.Stream.Receive(data, nowUs);
    }

    void IFrameSink.Ended(SourceException why) => _end.TrySetException(why);

    /// <summary>All that happens by the clock.</summary>
    public void Tick()
    {
        var nowUs = _clock.BoottimeUs;
        _connection.Tick(nowUs);
        if (!Volatile.Read(ref _playing))
            return;
        bool bye, described;
        lock (_receiver.Gate)
        {
            foreach (var route in _routes)
                route.Stream.Expire(nowUs);
            if (_receiver.TakeProgress())
                _progressUs = nowUs;
            (bye, described) = (_receiver.HasBye, _receiver.IsDescribed);
            if (nowUs - _reportedUs >= ReportPeriodUs)
                SendReports(nowUs);
        }
        if (bye)
            _end.TrySetException(new SourceException(GapReason.Reconnect, "stream ended by camera"));
        else if (IsSilentUdp(nowUs))
            _end.TrySetResult(PlayEnd.OtherTransport);
        else if (nowUs - _progressUs > Us(_options.StallTimeout))
            _end.TrySetException(new SourceException(GapReason.Stalled, $"no media for {_options.StallTimeout.TotalSeconds:0.#} s"));
        else if (!described && nowUs - _playedUs > Us(_options.DescriptionTimeout))
            _end.TrySetException(new SourceException(GapReason.Stalled, $"no parameter sets for {_options.DescriptionTimeout.TotalSeconds:0.#} s"));
        if (nowUs - _keptAliveUs >= Us(_client.SessionTimeout) / 2)
        {
            _keptAliveUs = nowUs;
            _ = KeepAliveAsync();
        }
    }

    /// <summary>Takes what the camera has sent and the kernel still gathers.</summary>
    public void Drain()
    {
        try
        {
            _connection.DrainNow(_client);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    public void Dispose()
    {
        lock (_receiver.Gate)
            _receiver.Dispose();
        _client.Dispose();
    }

    private static long Us(TimeSpan span) => (long)span.TotalMicroseconds;

    private bool IsSilentUdp(long nowUs)
        => _transport == RtspTransport.Udp && nowUs - _playedUs > Us(_options.UdpSilence) && _routes.TrueForAll(route => route.Ports is { Datagrams: 0 });

    /// <summary>Ends by itself only with the connection; then everybody who waits learns why.</summary>
    private async Task ReadAsync()
    {
        try
        {
            await _connection.ReadAsync(_client).ConfigureAwait(false);
            Fail(new SourceException(GapReason.Reconnect, "connection closed by camera"));
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>The connection ended: a ProtocolException is the camera's, an ObjectDisposedException says that we ended it ourselves.</summary>
    private void Fail(Exception e)
    {
        var why = e is SocketException ? new SourceException(GapReason.Reconnect, $"connection lost: {e.Message}", e) : e;
        _end.TrySetException(why);
        _client.Fail(why);
    }

    private async Task KeepAliveAsync()
    {
        try
        {
            var response = await _client.RequestAsync(_keepAlive, _aggregate, CancellationToken.None).ConfigureAwait(false);
            if (response.Status == 454)
                _end.TrySetException(new SourceException(GapReason.Reconnect, $"{Text(response)} from camera"));
        }
        catch (SourceException e) when (e.Reason == GapReason.Unauthorized)
        {
            _end.TrySetException(e);
        }
        catch (Exception e) when (e is SourceException or ProtocolException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // No answer, or the session is ending: media decides whether the camera lives, some never answer.
        }
    }

    private void SendReports(long nowUs)
    {
        _reportedUs = nowUs;
        Span<byte> frame = stackalloc byte[4 + Rtcp.ReportLength];
        foreach (var route in _routes)
        {
            var length = route.Stream.WriteReceiverReport(frame[4..], nowUs);
            if (length == 0)
                continue;
            route.Ports?.SendControl(frame.Slice(4, length));
            if (route.Ports is not null)
                continue;
            (frame[0], frame[1], frame[2], frame[3]) = ((byte)'$', route.ControlChannel, 0, (byte)length);
            _connection.Send(frame[..(4 + length)]);
        }
    }

    /// <summary>OPTIONS, DESCRIBE, SETUP for each stream, PLAY. A result means that there is nothing to play here.</summary>
    private async Task<PlayEnd?> StartAsync(CancellationToken stop)
    {
        var target = _url.ToString();
        var options = await _client.RequestAsync("OPTIONS", target, stop).ConfigureAwait(false);
        if (options.Header("Public")?.Contains("GET_PARAMETER", StringComparison.OrdinalIgnoreCase) == true)
            _keepAlive = "GET_PARAMETER";
        var describe = await _client.RequestAsync("DESCRIBE", target, stop, ("Accept", "application/sdp")).ConfigureAwait(false);
        if (IsRedirect(describe))
            return PlayEnd.Redirected;
        Require(describe);
        var session = SessionDescription.Parse(describe.Body);
        var selection = MediaSelection.Choose(session, _options.Audio);
        Described?.Invoke(selection.Skipped);
        if (selection.Media.Count == 0)
            throw new SourceException(GapReason.Offline, selection.Skipped.Count == 0 ? "camera offers no media" : $"nothing to record: {string.Join(", ", selection.Skipped)}");
        var baseUrl = RtspUrl.Resolve(target, describe.Header("Content-Base") ?? describe.Header("Content-Location"));
        _aggregate = RtspUrl.Resolve(baseUrl, session.Control);
        foreach (var media in selection.Media)
        {
            var set = await SetUpAsync(media, RtspUrl.Resolve(baseUrl, media.Description.Attribute("control")), stop).ConfigureAwait(false);
            if (set is not null)
                return set;
        }
        return await PlayAsync(stop).ConfigureAwait(false);
    }

    private async Task<PlayEnd?> SetUpAsync(SelectedMedia media, string control, CancellationToken stop)
    {
        var channel = (byte)(_routes.Count * 2);
        var isUdp = _transport == RtspTransport.Udp;
        var ports = isUdp ? UdpPorts.Open(_connection.LocalAddress) : null;
        RtspMessage response;
        try
        {
            response = await _client.RequestAsync("SETUP", control, stop, ("Transport", ports is null
                ? string.Create(CultureInfo.InvariantCulture, $"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}")
                : string.Create(CultureInfo.InvariantCulture, $"RTP/AVP;unicast;client_port={ports.Port}-{ports.Port + 1}"))).ConfigureAwait(false);
        }
        catch
        {
            ports?.Dispose();
            throw;
        }
        var transport = TransportHeader.Parse(response.Header("Transport"));
        if (response.Status == 461 || response.IsSuccess && response.Header("Transport") is not null && transport.IsTcp == isUdp)
        {
            ports?.Dispose();
            return PlayEnd.OtherTransport;
        }
        if (!response.IsSuccess)
        {
            ports?.Dispose();
            if (_routes.Count > 0 && !media.Format.Track.IsVideo)
                return null;                                // a description may promise audio that the camera has turned off
            Require(response);
        }
        Route(media, control, ports, transport, channel);
        return null;
    }

    private void Route(SelectedMedia media, string control, UdpPorts? ports, TransportHeader transport, byte channel)
    {
        StreamRoute route;
        lock (_receiver.Gate)
        {
            var (data, report) = transport.Interleaved ?? (channel, (byte)(channel + 1));
            route = new(_receiver.Add(media.Format, reorder: ports is not null), control, ports, report);
            _routes.Add(route);
            if (ports is null)
                _byChannel[data] = _byChannel[report] = route;
        }
        if (ports is null)
            return;
        ports.Connect(_connection.RemoteAddress, transport.ServerPort);
        route.Reading = ReadUdpAsync(ports, route.Stream);
    }

    private async Task ReadUdpAsync(UdpPorts ports, RtpStream stream)
    {
        try
        {
            await ports.ReadAsync(stream, _receiver.Gate, _clock).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _end.TrySetException(new SourceException(GapReason.Reconnect, "UDP ports closed", e));
        }
        catch (Exception e)
        {
            _end.TrySetException(e);                        // ProtocolException, or the sink's
        }
    }

    private async Task<PlayEnd?> PlayAsync(CancellationToken stop)
    {
        var response = await _client.RequestAsync("PLAY", _aggregate, stop, ("Range", "npt=0.000-")).ConfigureAwait(false);
        if (IsRedirect(response))
            return PlayEnd.Redirected;
        Require(response);
        Started?.Invoke();
        lock (_receiver.Gate)
        {
            if (response.Header("RTP-Info") is { } info)
                RtpInfo.Read(info, _routes);
            _playedUs = _progressUs = _keptAliveUs = _clock.BoottimeUs;
            _reportedUs = _playedUs - ReportPeriodUs * 4 / 5;   // the first soon: some cameras wait for it
            Volatile.Write(ref _playing, true);
        }
        return null;
    }

    private bool IsRedirect(RtspMessage response)
    {
        if (response.Status is < 300 or >= 400 || response.Header("Location") is not { Length: > 0 } location)
            return false;
        Location = location;
        return true;
    }

    private static void Require(RtspMessage response)
    {
        if (!response.IsSuccess)
            throw new SourceException(GapReason.Offline, $"{Text(response)} from camera");
    }

    private static string Text(RtspMessage response) => $"{response.Status} {response.Reason}".TrimEnd();
}
