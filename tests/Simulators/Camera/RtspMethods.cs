using System.Globalization;
using System.Text;

namespace EdgeRecorder.Simulators.Camera;

/// <summary>What each method answers (RFC 2326, 10). Called with the connection's gate held.</summary>
internal sealed class RtspMethods(RtspServer server, RtspConnection connection)
{
    private const int DefaultTimeout = 60;                     // seconds, RFC 2326, 12.37

    private readonly CameraOptions _options = server.Options;
    private bool _playAfterAnswer;
    private string? _extraBody;

    public string Answer(RtspRequest request)
    {
        server.Count(request.Method);
        if (request.Url != "*")
            connection.Path = request.Path;
        var faults = server.Faults.Of(connection.Path);
        if (faults.Unauthorized || server.Authentication is { } authentication && request.Method != "OPTIONS" && !authentication.Accepts(request))
            return Reply(request, "401 Unauthorized", (server.Authentication ?? RtspServer.Nobody).Challenge(request));
        return request.Method switch
        {
            "OPTIONS" => Reply(request, "200 OK", $"Public: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN{(_options.HasGetParameter ? ", GET_PARAMETER, SET_PARAMETER" : "")}\r\n"),
            "DESCRIBE" => Describe(request, faults),
            "SETUP" => Setup(request),
            "PLAY" => Play(request),
            "PAUSE" => Pause(request),
            "TEARDOWN" => Teardown(request),
            "GET_PARAMETER" or "SET_PARAMETER" when _options.HasGetParameter => Reply(request, "200 OK", SessionHeader()),
            _ => Reply(request, "501 Not Implemented"),
        };
    }

    /// <summary>Media begins behind the answer to PLAY, never before it.</summary>
    public void AfterAnswer()
    {
        if (!_playAfterAnswer)
            return;
        _playAfterAnswer = false;
        connection.Session?.Play(PacerClock.Now, server.Started);
    }

    private string Describe(RtspRequest request, Faults faults)
    {
        if (_options.Redirect is { } target)
            return Reply(request, "302 Moved Temporarily", $"Location: {target}\r\n");
        var url = request.Url.TrimEnd('/');
        var sdp = SessionDescription.Write(server.TracksOf(connection.Path), url, connection.Local.Address.ToString(), _options.SpropInSdp, faults.SdpVariant);
        _extraBody = sdp;
        return Reply(request, "200 OK", $"Content-Base: {url}/\r\nContent-Type: application/sdp\r\n");
    }

    private string Setup(RtspRequest request)
    {
        if (connection.Session is { State: not (SessionState.Ready or SessionState.Closed) })
            return Reply(request, "455 Method Not Valid in This State");
        if (connection.Session is null || connection.Session.State == SessionState.Closed)
            connection.Session = server.NewSession(connection);
        var session = connection.Session;
        var number = request.TrackNumber ?? session.Tracks.Count;
        var tracks = server.TracksOf(connection.Path);
        if (number >= tracks.Count || session.Tracks.Exists(t => t.Track == tracks[number]))
            return Reply(request, "404 Not Found");

        foreach (var offer in request["Transport"].Split(','))
            if (Choose(offer, session) is { } chosen)
            {
                var track = tracks[number];
                var sender = new TrackSender(
                    track, track == server.Tracks[0] ? server.Alternate : null, chosen.Transport, session.NewSsrc(), session.FirstSequence(), session.FirstTimestamp());
                session.Tracks.Add(sender);
                return Reply(request, "200 OK", $"Transport: {chosen.Answer};ssrc={sender.Ssrc:X8}\r\n{SessionHeader()}");
            }
        return Reply(request, "461 Unsupported Transport");
    }

    private (RtpTransport Transport, string Answer)? Choose(string offer, MediaSession session)
    {
        var parts = offer.Trim().Split(';');
        string Value(string name) => parts.FirstOrDefault(p => p.StartsWith(name + "=", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..] ?? "";
        if (parts.Contains("multicast", StringComparer.OrdinalIgnoreCase))
            return null;
        if (parts[0].Equals("RTP/AVP/TCP", StringComparison.OrdinalIgnoreCase))
        {
            if (!_options.AllowTcp)
                return null;
            var channel = byte.TryParse(Value("interleaved").Split('-')[0], out var wanted) ? wanted : (byte)(session.Tracks.Count * 2);
            return (new InterleavedTransport(connection.Outbox, channel), $"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}");
        }
        if (!_options.AllowUdp || !int.TryParse(Value("client_port").Split('-')[0], out var port))
            return null;
        var ports = server.UdpPorts;
        return (new UdpTransport(ports, connection.Remote.Address, port),
            $"RTP/AVP;unicast;client_port={port}-{port + 1};server_port={ports.MediaPort}-{ports.MediaPort + 1}");
    }

    private string Play(RtspRequest request)
    {
        if (connection.Session is not { Tracks.Count: > 0, State: SessionState.Ready or SessionState.Playing or SessionState.Paused } session)
            return Reply(request, "455 Method Not Valid in This State");
        _playAfterAnswer = true;
        var url = request.Url.TrimEnd('/');
        var info = string.Join(',', session.Tracks.Select(t => string.Create(
            CultureInfo.InvariantCulture, $"url={url}/trackID={server.TracksOf(connection.Path).IndexOf(t.Track)};seq={t.NextSequence};rtptime={t.NextTimestamp}")));
        // After a live start sequence and time are known only with the first packet.
        return Reply(request, "200 OK", $"{SessionHeader()}Range: npt=now-\r\n{(_options.Start == StartRule.Begin ? $"RTP-Info: {info}\r\n" : "")}");
    }

    private string Pause(RtspRequest request)
    {
        connection.Session?.Pause(PacerClock.Now);
        return Reply(request, "200 OK", SessionHeader());
    }

    private string Teardown(RtspRequest request)
    {
        var header = SessionHeader();
        connection.Session?.Close();
        connection.Session = null;
        return Reply(request, "200 OK", header);
    }

    private string SessionHeader() => connection.Session is { } session ? $"Session: {session.Id};timeout={_options.SessionTimeout ?? DefaultTimeout}\r\n" : "";

    private string Reply(RtspRequest request, string status, string headers = "")
    {
        var body = _extraBody;
        _extraBody = null;
        var length = body is null ? "" : $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        return $"RTSP/1.0 {status}\r\nCSeq: {request["CSeq"]}\r\nServer: simulated camera\r\n{headers}{length}\r\n{body}";
    }
}
