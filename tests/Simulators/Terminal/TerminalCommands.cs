using System.Globalization;
using System.Text;
using EdgeRecorder.Simulators.Terminal.Media;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>What terminals do at a command.</summary>
internal sealed class TerminalCommands(Fleet fleet) : Commands(
    "terminals", "drop-once", "jump", "garbage", "oversize", "cut", "passthrough", "disconnect-media", "disconnect", "forget-code", "unregister", "alarm", "video-alarm", "passengers")
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

    private static readonly Faults _sound = new();

    private readonly Random _random = new(fleet.Options.Seed);

    protected override string Execute(Command command)
    {
        var (terminals, channel) = Resolve(command.Target);
        return terminals.Count == 0
            ? $"error: no terminal {command.Target}"
            : SetFault(fleet.Faults.For(command.Target), command) ? "ok" : Act(terminals, channel, command);
    }

    private (List<VehicleTerminal>, byte?) Resolve(string? target)
    {
        if (target is null)
            return ([.. fleet.Terminals], null);
        var parts = target.Split('/');
        return ([.. fleet.Terminals.Where(t => t.Sim == parts[0])], parts.Length > 1 ? byte.Parse(parts[1], CultureInfo.InvariantCulture) : null);
    }

    /// <summary>What lasts; false when the command is none of these.</summary>
    private static bool SetFault(Faults faults, Command command)
    {
        switch (command.Name)
        {
            case "drop": faults.DropEvery = command.Integer(); break;
            case "duplicate": faults.DuplicateEvery = command.Integer(); break;
            case "reorder": faults.ReorderEvery = command.Integer(); break;
            case "stranger": faults.StrangerEvery = command.Integer(); break;
            case "empty": faults.EmptyEvery = command.Integer(); break;
            case "flags":
                faults.Flags = command.Values[0] switch { "swap" => FlagFault.Swap, "atomic" => FlagFault.Atomic, "marker" => FlagFault.Marker, "off" => FlagFault.None, _ => throw new FormatException() };
                break;
            case "type":
                faults.ClaimedType = command.Values[0] switch { "i" => DataType.VideoI, "p" => DataType.VideoP, "b" => DataType.VideoB, "off" => null, _ => throw new FormatException() };
                break;
            case "audio-pt": faults.AudioPayloadType = command.IsOn ? byte.Parse(command.Values[0], CultureInfo.InvariantCulture) : null; break;
            case "constant-timestamps": faults.ConstantTimestamps = command.IsOn; break;
            case "constant-sequence": faults.ConstantSequence = command.IsOn; break;
            case "stall":
                faults.StallKeepsBacklog = command.KeepsBacklog;
                faults.StalledUntil = PacerClock.Now + command.Seconds();
                break;
            case "keep-sending": faults.KeepSending = command.IsOn; break;
            case "ack-delay": faults.AckDelay = command.Seconds(); break;
            case "no-ack": faults.NoAck = command.IsOn; break;
            case "media-delay": faults.MediaDelay = command.Seconds(); break;
            case "no-media": faults.NoMedia = command.IsOn; break;
            case "result": faults.Result = (byte)command.Integer(); break;
            case "upload-result": faults.UploadResult = (byte)command.Integer(); break;
            case "mute": faults.Mute = command.IsOn; break;
            case "no-heartbeat": faults.NoHeartbeat = command.IsOn; break;
            case "wrong-code": faults.WrongCode = command.IsOn; break;
            case "withhold": faults.Withheld = command.IsOn ? [.. command.Values[0].Split(',').Select(v => int.Parse(v, CultureInfo.InvariantCulture))] : []; break;
            case "utc": faults.Utc = command.IsOn; break;
            case "clock": faults.ClockOffset = command.Seconds(); break;
            case "private-items": faults.PrivateItems = command.IsOn; break;
            case "heal": faults.Clear(); break;
            default: return false;
        }
        return true;
    }

    /// <summary>What happens once, and what is asked.</summary>
    private string Act(List<VehicleTerminal> terminals, byte? channel, Command command)
    {
        switch (command.Name)
        {
            case "stats": return FleetStatistics.Of(terminals, channel);
            case "totals": return FleetStatistics.Totals(fleet);
            case "commands": return FleetStatistics.Commands(terminals);
            case "units": return FleetStatistics.Units(terminals, channel, command.Values.Length > 0 ? command.Values[0] : "video");
            case "footage": return FleetStatistics.Footage(terminals);
            case "position": return FleetStatistics.Position(terminals);
            case "drop-once": ForEachStream(s => s.DropOnce = command.Integer()); break;
            case "jump": ForEachStream(s => s.Jump(command.Seconds())); break;
            case "garbage": Disturb(Garbage(command.IntegerOr(100))); break;
            case "oversize": ForEachStream(s => s.Link.Send([.. Header(s, DataType.VideoP, 98, 0xFFFF), .. new byte[100]])); break;
            case "cut":
                ForEachStream(s =>
                {
                    s.Link.Send(Header(s, DataType.VideoP, 98, 900).AsSpan(0, 20));
                    s.Link.Close();
                });
                break;
            case "passthrough":
                var text = Encoding.ASCII.GetBytes(string.Join(' ', command.Values));
                ForEachStream(s => s.Link.Send([.. Header(s, DataType.Passthrough, 91, text.Length), .. text]));
                break;
            case "disconnect-media": ForEachStream(s => s.Link.Cut()); break;
            case "disconnect": terminals.ForEach(t => t.Disconnect("disconnect", command.SecondsOr(0))); break;
            case "forget-code": terminals.ForEach(t => t.ForgetCode()); break;
            case "unregister": terminals.ForEach(t => t.Unregister()); break;
            case "alarm": Raise(0, isVideo: false); break;
            case "video-alarm": Raise(0, isVideo: true); break;
            case "alarm-at": Raise(command.Seconds(), isVideo: false, at: 1); break;
            case "video-alarm-at": Raise(command.Seconds(), isVideo: true, at: 1); break;
            case "passengers":
                foreach (var terminal in terminals)
                {
                    var now = Positions.Clock(terminal.Faults);
                    terminal.Send(TerminalMessages.PassengersId, TerminalMessages.Passengers(
                        now.AddMinutes(-10), now, ushort.Parse(command.Values[0], CultureInfo.InvariantCulture), ushort.Parse(command.Values[1], CultureInfo.InvariantCulture)));
                }
                break;
            default: return command.Unknown;
        }
        return "ok";

        void ForEachStream(Action<MediaStream> action) => terminals.ForEach(t => t.Desk.ForEach(channel, action));

        void Disturb(byte[] bytes) => ForEachStream(s => s.Link.Send(bytes));

        void Raise(double after, bool isVideo, int at = 0)
        {
            var bits = uint.Parse(command.Values[at], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            var seconds = command.Values.Length > at + 1 ? command.Seconds(at + 1) : AlarmSeconds;
            terminals.ForEach(t => t.Positions.Raise(PacerClock.Now + after, isVideo ? 0 : bits, isVideo ? bits : 0, seconds));
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
}
