namespace EdgeRecorder.Simulators.Camera;

/// <summary>What a camera's clients and the camera do at a command.</summary>
internal sealed class ControlCommands(RtspServer server) : Commands(
    "clients", "drop-once", "disconnect", "refuse", "stale", "jump", "garbage", "oversize")
{
    public const string Help = """
          drop N                  lose every Nth packet (0 = none)
          duplicate N  reorder N  send every Nth packet twice; behind its successor
          drop-once K             * lose the next K video packets of each client
          stall SECONDS [backlog] media stops, connections stay; "backlog" delivers later what was held back (0 ends a stall)
          disconnect              * close the connections of all clients
          disconnect-after S      close each client's connection S seconds after its PLAY (0 = never)
          refuse SECONDS          * close the listener for a while
          mute [off]              answer no request
          unauthorized [off]      401 to every request
          stale                   * the digest nonce expires
          params [off]            from the next sync sample on send the --alternate clip
          other [off]             the camera is set to the --other codecs (off: back): clients are cut off and are offered those when they come again
          alternate-every-gop [off]    change between both at every sync sample
          jump SECONDS            * RTP timestamps jump, forward or back
          clock SECONDS           the sender reports' wall clock is wrong by so much
          garbage [BYTES]         * random bytes in the interleaved stream (100)
          oversize KIND           * fragment (64 MiB of a NAL unit that never ends) | frame (an interleaved frame of 65535 bytes)
                                  | answer (an answer that announces 2 GiB) | header (an answer whose header has no end)
          slow [off]              one byte per second
          trickle BYTES           so many bytes per second (0 = no limit)
          no-sr [off]             no sender reports
          wrong-sdp VARIANT       no-fmtp | no-sprop | no-rtpmap | bad-sprop | wrong-codec | unknown-codec | only-unknown | no-media | empty
                                  | garbage | huge | no-control | absolute-control | off
          heal                    all of these off
          stats  clip             one line of JSON: what each client was sent; what the clip holds
        "@/path command" concerns the clients of that path name only, now and later. * = at run time only.
        """;

    private const long EndlessFragmentBytes = 64L << 20;

    protected override string Execute(Command command)
    {
        var path = command.Target;
        var faults = server.Faults.For(path);
        switch (command.Name)
        {
            case "drop": faults.DropEvery = command.Integer(); break;
            case "duplicate": faults.DuplicateEvery = command.Integer(); break;
            case "reorder": faults.ReorderEvery = command.Integer(); break;
            case "mute": faults.Mute = command.IsOn; break;
            case "unauthorized": faults.Unauthorized = command.IsOn; break;
            case "params": faults.Alternate = command.IsOn; break;
            case "alternate-every-gop": faults.AlternateEveryGop = command.IsOn; break;
            case "other" when server.OtherTracks is not null:
                faults.Other = command.IsOn;
                ForEach(path, (_, session) => session.Disconnect("other codecs"));
                break;
            case "no-sr": faults.NoSenderReports = command.IsOn; break;
            case "slow": faults.BytesPerSecond = command.IsOn ? 1 : 0; break;
            case "trickle": faults.BytesPerSecond = command.Integer(); break;
            case "clock": faults.WallClockOffset = command.Seconds(); break;
            case "disconnect-after": faults.DisconnectAfter = command.Seconds(); break;
            case "stall":
                faults.StallKeepsBacklog = command.KeepsBacklog;
                faults.StalledUntil = PacerClock.Now + command.Seconds();
                break;
            case "wrong-sdp" when command.Values is ["off"]: faults.SdpVariant = null; break;
            case "wrong-sdp" when SessionDescription.Variants.Contains(command.Values[0]): faults.SdpVariant = command.Values[0]; break;
            case "heal": faults.Clear(); break;
            case "stale": server.Authentication?.ExpireNonce(); break;
            case "refuse": server.Refuse(command.Seconds()); break;
            case "drop-once": ForEach(path, (_, session) => session.DropOnce(command.Integer())); break;
            case "jump": ForEach(path, (_, session) => session.Jump(command.Seconds())); break;
            case "garbage": ForEach(path, (_, session) => session.Garbage(command.IntegerOr(100))); break;
            case "disconnect": ForEach(path, (_, session) => session.Disconnect("disconnect")); break;
            case "oversize": return Oversize(path, command.Values[0]);
            case "stats": return Statistics.OfSessions(server, path);
            case "clip": return Statistics.OfClip(server);
            default: return command.Unknown;
        }
        return "ok";
    }

    private string Oversize(string? path, string kind)
    {
        Action<RtspConnection, MediaSession>? action = kind switch
        {
            "fragment" => (_, session) => session.SendEndless(EndlessFragmentBytes),
            "frame" => (connection, _) => connection.Outbox.Write([(byte)'$', 0, 0xFF, 0xFF, .. new byte[0xFFFF]]),
            "answer" => (connection, _) => connection.Outbox.Write("RTSP/1.0 200 OK\r\nCSeq: 9999\r\nContent-Length: 2147483647\r\n\r\n"u8),
            "header" => (connection, _) => connection.Outbox.Write([.. "RTSP/1.0 200 OK\r\nX-Endless: "u8, .. Enumerable.Repeat((byte)'x', 4 << 20)]),
            _ => null,
        };
        if (action is null)
            return $"error: oversize does not know '{kind}'";
        ForEach(path, action);
        return "ok";
    }

    private void ForEach(string? path, Action<RtspConnection, MediaSession> action)
    {
        foreach (var connection in server.Connections)
            lock (connection.Gate)
                if (connection.Session is { } session && (path is null || path == session.Path))
                    action(connection, session);
    }
}
