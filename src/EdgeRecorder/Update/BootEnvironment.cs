using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Update;

/// <summary>
/// What the boot loader remembers (GRUB's environment block): 1,024 bytes that begin with a line of its own, then `name=value` a line, filled up with `#`. The loader writes it in place,
/// block by block, and so do we: never longer, never shorter.
/// <code>
/// good         the slot that is started when no other is tried
/// try, tries   the slot that is new, and how many attempts it has left (3); the loader counts
/// failed       the slot whose attempts were used up
/// machine_id   of the first start, handed to the kernel since the root is the same for all boxes
/// </code>
/// </summary>
internal sealed class BootEnvironment
{
    public const int Length = 1024;
    public const string Good = "good", Try = "try", Tries = "tries", Failed = "failed";
    private const string FirstLine = "# GRUB Environment Block\n";

    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Null where there is no such line, or an empty one.</summary>
    public string? this[string name]
    {
        get => _values.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
        set
        {
            if (value is null)
                _values.Remove(name);
            else
                _values[name] = value;
        }
    }

    /// <exception cref="ProtocolException">It is no environment block.</exception>
    public static BootEnvironment Parse(ReadOnlySpan<byte> block)
    {
        if (block.Length != Length)
            throw new ProtocolException("environment block", 0, "length", $"is {block.Length}, not {Length}");
        if (!block.StartsWith(Encoding.ASCII.GetBytes(FirstLine)))
            throw new ProtocolException("environment block", 0, "first line", "is not GRUB's");
        var environment = new BootEnvironment();
        var offset = FirstLine.Length;
        while (offset < Length && block[offset] != '#')
        {
            var end = block[offset..].IndexOf((byte)'\n');
            if (end < 0)
                throw new ProtocolException("environment block", offset, "line", "does not end");
            var line = Encoding.UTF8.GetString(block.Slice(offset, end));
            if (line.IndexOf('=') is var equals && equals > 0)
                environment._values[line[..equals]] = line[(equals + 1)..];
            else if (line.Length > 0)
                throw new ProtocolException("environment block", offset, "line", "has no name");
            offset += end + 1;
        }
        return environment;
    }

    /// <exception cref="UpdateException">It does not hold so much.</exception>
    public byte[] Write()
    {
        var text = new StringBuilder(FirstLine);
        foreach (var (name, value) in _values)
            text.Append(name).Append('=').Append(value).Append('\n');
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (bytes.Length > Length)
            throw new UpdateException("the boot loader's environment block is full");
        var block = new byte[Length];
        block.AsSpan().Fill((byte)'#');
        bytes.CopyTo(block, 0);
        return block;
    }
}
