using System.Globalization;

namespace EdgeRecorder.Simulators.Camera;

/// <summary>Executes the commands of the control port and the fault switches of the command line.</summary>
internal sealed class ControlCommands(RtspServer server)
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

    private static readonly string[] _momentary = ["drop-once", "disconnect", "refuse", "stale", "jump", "garbage", "oversize"];

    /// <summary>Sets a fault before the first client comes.</summary>
    public void ExecuteAtStart(string command)
    {
        if (_momentary.Contains(command.Split(' ')[0]))
            throw new UsageException($"--{command.Split(' ')[0]} acts on clients that are there: use the control port");
        var answer = Execute(command);
        if (answer != "ok")
            throw new UsageException($"--{command}: {answer}");
    }

    /// <summary>Returns <c>ok</c>, one line of JSON, or <c>error …</c>.</summary>
    public string Execute(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string? path = null;
        if (words.Length > 0 && words[0].StartsWith('@'))
            (path, words) = (words[0][1..], words[1..]);
        if (words.Length == 0)
            return "error: empty command";
        try
        {
            return Execute(path, words[0], words[1..]);
        }
        catch (Exception e) when (e is FormatException or OverflowException or IndexOutOfRangeException)
        {
            return $"error: {words[0]} does not take '{string.Join(' ', words[1..])}'";
        }
    }

    private string Execute(string? path, string command, string[] values)
    {
        var faults = server.FaultsFor(path);
        var isOn = values is not ["off"];
        int Integer(int otherwise = -1) => values.Length == 0 && otherwise >= 0 ? otherwise : int.Parse(values[0], CultureInfo.InvariantCulture);
        double Seconds() => double.Parse(values[0], CultureInfo.InvariantCulture);
        switch (command)
        {
            case "drop": faults.DropEvery = Integer(); break;
            case "duplicate": faults.DuplicateEvery = Integer(); break;
            case "reorder": faults.ReorderEvery = Integer(); break;
            case "mute": faults.Mute = isOn; break;
            case "unauthorized": faults.Unauthorized = isOn; break;
            case "params": faults.Alternate = isOn; break;
            case "alternate-every-gop": faults.AlternateEveryGop = isOn; break;
            case "other" when server.OtherTracks is not null:
                faults.Other = isOn;
                ForEach(path, (_, session) => session.Disconnect("other codecs"));
                break;
            case "no-sr": faults.NoSenderReports = isOn; break;
            case "slow": faults.BytesPerSecond = isOn ? 1 : 0; break;
            case "trickle": faults.BytesPerSecond = Integer(); break;
            case "clock": faults.WallClockOffset = Seconds(); break;
            case "disconnect-after": faults.DisconnectAfter = Seconds(); break;
            case "stall":
                faults.StallKeepsBacklog = values is [_, "backlog"];
                faults.StalledUntil = Pacer.Now + Seconds();
                break;
            case "wrong-sdp" when values is ["off"]: faults.SdpVariant = null; break;
            case "wrong-sdp" when SessionDescription.Variants.Contains(values[0]): faults.SdpVariant = values[0]; break;
            case "heal": faults.Clear(); break;
            case "stale": server.Authentication?.ExpireNonce(); break;
            case "refuse": server.Refuse(Seconds()); break;
            case "drop-once": ForEach(path, (_, session) => session.DropOnce(Integer())); break;
            case "jump": ForEach(path, (_, session) => session.Jump(Seconds())); break;
            case "garbage": ForEach(path, (_, session) => session.Garbage(Integer(100))); break;
            case "disconnect": ForEach(path, (_, session) => session.Disconnect("disconnect")); break;
            case "oversize": return Oversize(path, values[0]);
            case "stats": return Statistics.OfSessions(server, path);
            case "clip": return Statistics.OfClip(server);
            default: return $"error: unknown command or value '{command} {string.Join(' ', values)}'";
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
