using System.Globalization;
using System.Text;
using EdgeRecorder.Simulators.Terminal.Media;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>Executes the commands of the control port and the fault switches of the command line.</summary>
internal sealed class TerminalCommands(Fleet fleet)
{
    public const string Help = """
          drop N                  lose every Nth media packet (0 = none)
          duplicate N  reorder N  send every Nth packet twice; behind its successor
          stranger N              behind every Nth packet the same with a SIM of nines
          empty N                 behind every Nth picture a P frame without bytes
          flags KIND              swap (last and middle) | atomic | marker | off
          type KIND               i | p | b: what video packets claim to be | off
          audio-pt N              payload type of audio packets | off
          constant-timestamps [off]  constant-sequence [off]
          stall SECONDS [backlog] media stops, connections stay; "backlog" delivers later what was held back (0 ends a stall)
          drop-once K             * lose the next K packets of each stream
          jump SECONDS            * media timestamps jump, forward or back
          garbage [BYTES]         * random bytes in the media connection (100)
          oversize                * a packet that announces 65535 bytes and brings 100
          cut                     * half a packet, then the media connection ends
          passthrough TEXT        * a packet of data type 4
          disconnect-media        * close the media connections
          disconnect [SECONDS]    * close the signalling connection and stay away so long
          keep-sending [off]      0x9102 is acknowledged and ignored
          ack-delay S  no-ack [off]    0x0001 comes late, or never; media comes all the same
          media-delay S  no-media [off]    media comes late, or never
          result N                0x0001 refuses 0x9101 and 0x9201 with N (0 = not)
          upload-result N         result of 0x1206
          mute [off]              hears and says nothing;  no-heartbeat [off]
          wrong-code              * authenticate with a wrong code next time
          forget-code             * register anew next time
          unregister              * 0x0003
          withhold A,B,…          packages of long messages that are sent only when 0x8003 asks (off = none)
          utc [off]               times in UTC instead of GMT+8;  clock SECONDS  the terminal's clock is wrong by so much
          private-items [off]     positions carry items with lengths of their own
          alarm HEX [S]           * alarm word of 0x0200 for S seconds (10);  video-alarm HEX [S]  * item 0x14 likewise
          alarm-at T HEX [S]      the same T seconds from now;  video-alarm-at T HEX [S]
          passengers IN OUT       * 0x1005 for the last ten minutes
          heal                    all of these off
          stats  totals           one line of JSON: logins, messages and streams; sums
          commands                what the platform said;  units [video|audio]  what each stream sent;  footage  position
        "@SIM command" and "@SIM/CHANNEL command" concern that terminal or channel only, now and later. * = at run time only.
        """;

    private const double AlarmSeconds = 10;

    private static readonly string[] _momentary =
        ["drop-once", "jump", "garbage", "oversize", "cut", "passthrough", "disconnect-media", "disconnect", "forget-code", "unregister", "alarm", "video-alarm", "passengers"];

    private static readonly Faults _sound = new();

    private readonly Random _random = new(fleet.Options.Seed);

    /// <summary>Sets a fault before the first connection.</summary>
    public void ExecuteAtStart(string command)
    {
        if (_momentary.Contains(command.Split(' ')[0]))
            throw new UsageException($"--{command.Split(' ')[0]} acts on terminals that are there: use the control port");
        var answer = Execute(command);
        if (answer != "ok")
            throw new UsageException($"--{command}: {answer}");
    }

    /// <summary>Returns <c>ok</c>, one line of JSON, or <c>error …</c>.</summary>
    public string Execute(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string? target = null;
        if (words.Length > 0 && words[0].StartsWith('@'))
            (target, words) = (words[0][1..], words[1..]);
        if (words.Length == 0)
            return "error: empty command";
        try
        {
            var (terminals, channel) = Resolve(target);
            return terminals.Count == 0
                ? $"error: no terminal {target}"
                : SetFault(fleet.FaultsFor(target), words[0], words[1..]) ? "ok" : Act(terminals, channel, words[0], words[1..]);
        }
        catch (Exception e) when (e is FormatException or OverflowException or IndexOutOfRangeException)
        {
            return $"error: {words[0]} does not take '{string.Join(' ', words[1..])}'";
        }
    }

    private (List<VehicleTerminal>, byte?) Resolve(string? target)
    {
        if (target is null)
            return ([.. fleet.Terminals], null);
        var parts = target.Split('/');
        return ([.. fleet.Terminals.Where(t => t.Sim == parts[0])], parts.Length > 1 ? byte.Parse(parts[1], CultureInfo.InvariantCulture) : null);
    }

    /// <summary>What lasts; false when the command is none of these.</summary>
    private static bool SetFault(Faults faults, string command, string[] values)
    {
        var isOn = values is not ["off"];
        int Integer() => int.Parse(values[0], CultureInfo.InvariantCulture);
        switch (command)
        {
            case "drop": faults.DropEvery = Integer(); break;
            case "duplicate": faults.DuplicateEvery = Integer(); break;
            case "reorder": faults.ReorderEvery = Integer(); break;
            case "stranger": faults.StrangerEvery = Integer(); break;
            case "empty": faults.EmptyEvery = Integer(); break;
            case "flags":
                faults.Flags = values[0] switch { "swap" => FlagFault.Swap, "atomic" => FlagFault.Atomic, "marker" => FlagFault.Marker, "off" => FlagFault.None, _ => throw new FormatException() };
                break;
            case "type":
                faults.ClaimedType = values[0] switch { "i" => DataType.VideoI, "p" => DataType.VideoP, "b" => DataType.VideoB, "off" => null, _ => throw new FormatException() };
                break;
            case "audio-pt": faults.AudioPayloadType = isOn ? byte.Parse(values[0], CultureInfo.InvariantCulture) : null; break;
            case "constant-timestamps": faults.ConstantTimestamps = isOn; break;
            case "constant-sequence": faults.ConstantSequence = isOn; break;
            case "stall":
                faults.StallKeepsBacklog = values is [_, "backlog"];
                faults.StalledUntil = Fleet.Now + Seconds(values[0]);
                break;
            case "keep-sending": faults.KeepSending = isOn; break;
            case "ack-delay": faults.AckDelay = Seconds(values[0]); break;
            case "no-ack": faults.NoAck = isOn; break;
            case "media-delay": faults.MediaDelay = Seconds(values[0]); break;
            case "no-media": faults.NoMedia = isOn; break;
            case "result": faults.Result = (byte)Integer(); break;
            case "upload-result": faults.UploadResult = (byte)Integer(); break;
            case "mute": faults.Mute = isOn; break;
            case "no-heartbeat": faults.NoHeartbeat = isOn; break;
            case "wrong-code": faults.WrongCode = isOn; break;
            case "withhold": faults.Withheld = isOn ? [.. values[0].Split(',').Select(v => int.Parse(v, CultureInfo.InvariantCulture))] : []; break;
            case "utc": faults.Utc = isOn; break;
            case "clock": faults.ClockOffset = Seconds(values[0]); break;
            case "private-items": faults.PrivateItems = isOn; break;
            case "heal": faults.Clear(); break;
            default: return false;
        }
        return true;
    }

    /// <summary>What happens once, and what is asked.</summary>
    private string Act(List<VehicleTerminal> terminals, byte? channel, string command, string[] values)
    {
        switch (command)
        {
            case "stats": return FleetStatistics.Of(terminals, channel);
            case "totals": return FleetStatistics.Totals(fleet);
            case "commands": return FleetStatistics.Commands(terminals);
            case "units": return FleetStatistics.Units(terminals, channel, values.Length > 0 ? values[0] : "video");
            case "footage": return FleetStatistics.Footage(terminals);
            case "position": return FleetStatistics.Position(terminals);
            case "drop-once": ForEachStream(s => s.DropOnce = int.Parse(values[0], CultureInfo.InvariantCulture)); break;
            case "jump": ForEachStream(s => s.Jump(Seconds(values[0]))); break;
            case "garbage": Disturb(Garbage(values.Length > 0 ? int.Parse(values[0], CultureInfo.InvariantCulture) : 100)); break;
            case "oversize": ForEachStream(s => s.Link.Send([.. Header(s, DataType.VideoP, 98, 0xFFFF), .. new byte[100]])); break;
            case "cut":
                ForEachStream(s =>
                {
                    s.Link.Send(Header(s, DataType.VideoP, 98, 900).AsSpan(0, 20));
                    s.Link.Close();
                });
                break;
            case "passthrough":
                var text = Encoding.ASCII.GetBytes(string.Join(' ', values));
                ForEachStream(s => s.Link.Send([.. Header(s, DataType.Passthrough, 91, text.Length), .. text]));
                break;
            case "disconnect-media": ForEachStream(s => s.Link.Cut()); break;
            case "disconnect": terminals.ForEach(t => t.Disconnect("disconnect", values.Length > 0 ? Seconds(values[0]) : 0)); break;
            case "forget-code": terminals.ForEach(t => t.ForgetCode()); break;
            case "unregister": terminals.ForEach(t => t.Unregister()); break;
            case "alarm": Raise(0, isVideo: false, values); break;
            case "video-alarm": Raise(0, isVideo: true, values); break;
            case "alarm-at": Raise(Seconds(values[0]), isVideo: false, values[1..]); break;
            case "video-alarm-at": Raise(Seconds(values[0]), isVideo: true, values[1..]); break;
            case "passengers":
                foreach (var terminal in terminals)
                {
                    var now = Positions.Clock(terminal.Faults);
                    terminal.Send(TerminalMessages.PassengersId, TerminalMessages.Passengers(
                        now.AddMinutes(-10), now, ushort.Parse(values[0], CultureInfo.InvariantCulture), ushort.Parse(values[1], CultureInfo.InvariantCulture)));
                }
                break;
            default: return $"error: unknown command or value '{command} {string.Join(' ', values)}'";
        }
        return "ok";

        void ForEachStream(Action<MediaStream> action) => terminals.ForEach(t => t.Desk.ForEach(channel, action));

        void Disturb(byte[] bytes) => ForEachStream(s => s.Link.Send(bytes));

        void Raise(double after, bool isVideo, string[] values)
        {
            var bits = uint.Parse(values[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            var seconds = values.Length > 1 ? Seconds(values[1]) : AlarmSeconds;
            terminals.ForEach(t => t.Positions.Raise(Fleet.Now + after, isVideo ? 0 : bits, isVideo ? bits : 0, seconds));
        }
    }

    private byte[] Garbage(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A header of its own making; passthrough takes a number of the sequence, so that it belongs to the stream.</summary>
    private static byte[] Header(MediaStream stream, DataType type, byte payloadType, int length)
    {
        var bytes = new byte[MediaPacket.LargestHeader];
        var sequence = type == DataType.Passthrough && (stream.Video ?? stream.Audio) is { } sender ? stream.NextSequence(sender, _sound) : (ushort)0;
        var size = MediaPacket.WriteHeader(
            bytes, payloadType, true, sequence, Convert.ToHexString(stream.Sim), stream.Sim.Length, stream.Channel, type, PackageFlag.Atomic, stream.PositionMs, 0, 0, length);
        return bytes[..size];
    }

    private static double Seconds(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
