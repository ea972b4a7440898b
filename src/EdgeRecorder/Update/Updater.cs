using System.Security.Cryptography;
using EdgeRecorder.Bytes;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Update;

/// <summary>
/// `edge-recorder update`: brings a signed system into the slot that does not run, and tells the boot loader to try it. The order of the steps is what makes it safe to lose power at any of them:
/// the loader forgets an earlier attempt, the slot is written, read back and compared, and only then the loader is told.
/// </summary>
internal sealed class Updater(BoxSlots slots, TextWriter output)
{
    public const string Attempts = "3";
    private const int PieceBytes = 1 << 20;

    /// <param name="what">A file; or <c>--state</c>: what runs and what will; or <c>--confirm</c>: what runs is good.</param>
    /// <returns>Whether it was done; why not has been said.</returns>
    public static bool Run(string what, BoxSlots slots, TextWriter output, TextWriter errors)
    {
        try
        {
            var updater = new Updater(slots, output);
            switch (what)
            {
                case "--state":
                    updater.TellState();
                    break;
                case "--confirm":
                    updater.Confirm();
                    break;
                default:
                    updater.Install(what);
                    break;
            }
            return true;
        }
        catch (Exception e) when (e is UpdateException or ProtocolException or IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"update: {e.Message}");
            return false;
        }
    }

    public void TellState()
    {
        using var loader = new Loader(slots.EnvironmentPath);
        var environment = loader.Environment;
        output.WriteLine(environment[BootEnvironment.Try] is not { } tried ? $"running {Running}"
            : tried == Running ? $"trying {Running}, {environment[BootEnvironment.Tries] ?? "0"} more attempts; {environment[BootEnvironment.Good]} is good"
            : $"running {Running}; {tried} is tried at the next start");
        if (environment[BootEnvironment.Failed] is { } failed)
            output.WriteLine($"failed {failed}: the update in it did not come up");
    }

    /// <summary>The running system is the one to start from now on. Said twice it changes nothing.</summary>
    public void Confirm()
    {
        using var loader = new Loader(slots.EnvironmentPath);
        var environment = loader.Environment;
        var isTried = environment[BootEnvironment.Try] == Running;
        if (!isTried && environment[BootEnvironment.Good] == Running)
        {
            output.WriteLine($"{Running} is good");
            return;
        }
        environment[BootEnvironment.Good] = Running;
        if (isTried)
            environment[BootEnvironment.Try] = environment[BootEnvironment.Tries] = environment[BootEnvironment.Failed] = null;
        loader.Write();
        output.WriteLine($"{Running} is good now");
    }

    public void Install(string path)
    {
        using var loader = new Loader(slots.EnvironmentPath);
        var environment = loader.Environment;
        if (environment[BootEnvironment.Try] == Running || environment[BootEnvironment.Good] != Running)
            throw new UpdateException($"slot {Running} is not confirmed yet, and {slots.Other} is what the box goes back to: try again when `update --state` says no more than `running {Running}`");
        using var update = UpdateFile.Open(path, slots.KeyPath);
        var manifest = update.Manifest;
        if (manifest.Architecture != slots.Architecture)
            throw new UpdateException($"{path} is for {manifest.Architecture}, this box is {slots.Architecture}");
        var target = slots.PathOf(slots.Other);
        if (BoxSlots.SizeOf(target) is var room && manifest.SlotBytes > room)
            throw new UpdateException($"{path} holds {manifest.SlotBytes} bytes, slot {slots.Other} ({target}) {room}");
        output.WriteLine($"version {manifest.Version}, {manifest.SlotBytes / 1e6:0} MB, for slot {slots.Other}");
        Require(update.Read, manifest, path);

        environment[BootEnvironment.Try] = environment[BootEnvironment.Tries] = environment[BootEnvironment.Failed] = null;
        loader.Write();
        using (var slot = LinuxFile.OpenUnlocked(target, write: true))
        {
            Require((piece, offset) => Copy(update, slot, piece, offset), manifest, path);
            slot.DataSync();
            slot.DropCache(0, 0);                           // so that what is read back comes from the device
        }
        using (var slot = LinuxFile.OpenUnlocked(target))
            Require((piece, offset) => slot.Read(piece[..(int)Math.Min(piece.Length, manifest.SlotBytes - offset)], offset), manifest, target);

        (environment[BootEnvironment.Try], environment[BootEnvironment.Tries]) = (slots.Other, Attempts);
        loader.Write();
        output.WriteLine($"installed; slot {slots.Other} is tried at the next start (`systemctl reboot`)");
    }

    private string Running => slots.Running ?? throw new UpdateException("this system was not started from a slot: updates are for boxes that `make image` made");

    private delegate int Source(Span<byte> target, long offset);

    private static int Copy(UpdateFile update, LinuxFile slot, Span<byte> piece, long offset)
    {
        var count = update.Read(piece, offset);
        slot.Write(piece[..count], offset);
        return count;
    }

    /// <exception cref="UpdateException">What comes is not what the manifest says.</exception>
    private static void Require(Source source, UpdateManifest manifest, string name)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[PieceBytes];
        for (var offset = 0L; offset < manifest.SlotBytes;)
        {
            var count = source(piece, offset);
            if (count == 0)
                throw new UpdateException($"{name} ends at byte {offset} of {manifest.SlotBytes}");
            hash.AppendData(piece, 0, count);
            offset += count;
        }
        if (!Convert.ToHexString(hash.GetHashAndReset()).Equals(manifest.SlotSha256, StringComparison.OrdinalIgnoreCase))
            throw new UpdateException($"{name}: the slot's content is not what the manifest says (SHA-256)");
    }

    /// <summary>The boot loader's memory, for one of us at a time.</summary>
    private sealed class Loader : IDisposable
    {
        private readonly LinuxFile _file;

        public Loader(string path)
        {
            _file = LinuxFile.OpenUnlocked(path, write: true);
            try
            {
                if (!_file.TryLock())
                    throw new UpdateException("another update is under way");
                using var reader = LinuxFile.OpenUnlocked(path);
                var block = new byte[BootEnvironment.Length + 1];
                Environment = BootEnvironment.Parse(block.AsSpan(0, reader.Read(block, 0)));
            }
            catch
            {
                _file.Dispose();
                throw;
            }
        }

        public BootEnvironment Environment { get; }

        public void Write()
        {
            _file.Write(Environment.Write(), 0);
            _file.DataSync();
        }

        public void Dispose() => _file.Dispose();
    }
}
