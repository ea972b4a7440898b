using System.Globalization;

namespace EdgeRecorder.Configuration;

/// <summary>How text becomes a value and how a value is written in the documentation.</summary>
/// <typeparam name="T">The option's type.</typeparam>
/// <param name="name">For the type column of docs/configuration.md.</param>
/// <param name="read">Returns null and the value, or what is wrong with it.</param>
/// <param name="show">The value as it stands in a file.</param>
internal sealed class ValueKind<T>(string name, ValueKind<T>.Reader read, Func<T, string> show)
{
    public delegate string? Reader(ConfigurationValue value, out T result);

    public string Name => name;
    public string? Read(ConfigurationValue value, out T result) => read(value, out result);
    public string Show(T value) => show(value);
}

/// <summary>The kinds of value that configuration keys have.</summary>
internal static class Kinds
{
    public static readonly ValueKind<string> Text = new("text", ReadText, value => $"\"{value}\"");

    public static readonly ValueKind<string?> OptionalText = new("text or null", (ConfigurationValue value, out string? result) =>
    {
        result = null;
        return value.IsNull ? null : ReadText(value, out result);
    }, value => value is null ? "null" : $"\"{value}\"");

    public static readonly ValueKind<bool> Flag = new("true, false", (ConfigurationValue value, out bool result) =>
    {
        result = string.Equals(value.Written, "true", StringComparison.OrdinalIgnoreCase);
        return value.CanBe(ValueForm.Boolean) && (result || string.Equals(value.Written, "false", StringComparison.OrdinalIgnoreCase))
            ? null : $"{value} is not true or false";
    }, value => value ? "true" : "false");

    /// <summary>0 closes the listener.</summary>
    public static readonly ValueKind<int> Port = Integer(0, 65535, "port, 0 closes it");

    public static readonly ValueKind<SizeSetting> AutoSize = Size("size, share (\"10%\") or \"auto\"", auto: true, share: true);
    public static readonly ValueKind<SizeSetting> ShareOrSize = Size("size or share (\"10%\")", auto: false, share: true);
    public static readonly ValueKind<SizeSetting> AutoFixedSize = Size("size or \"auto\"", auto: true, share: false);

    public static readonly ValueKind<SizeSetting?> OptionalSize = Optional(Size("size or share (\"10%\")", auto: false, share: true));

    public static readonly ValueKind<TimeSpan?> OptionalAge = Optional(new ValueKind<TimeSpan>("duration (\"12h\", \"30d\")",
        (ConfigurationValue value, out TimeSpan result) =>
        {
            result = default;
            return value.CanBe(ValueForm.Text) && Duration.TryParse(value.Written, out result) ? null : $"{value} is not a duration such as \"90s\", \"12h\" or \"30d\"";
        }, Duration.Show));

    /// <summary>Null is any.</summary>
    public static readonly ValueKind<Guid?> AnyOrId = new("volume id or \"any\"", (ConfigurationValue value, out Guid? result) =>
    {
        result = Guid.TryParseExact(value.Written, "D", out var id) ? id : null;
        return value.CanBe(ValueForm.Text) && (result is not null || value.Written == "any") ? null : $"{value} is neither \"any\" nor an id such as \"01234567-89ab-cdef-0123-456789abcdef\"";
    }, value => value is { } id ? $"\"{id}\"" : "\"any\"");

    public static readonly ValueKind<List<string>> TextList = new("list of text", (ConfigurationValue value, out List<string> result) =>
    {
        // In a file it is an array; as one variable or argument the items are separated by commas.
        result = value.IsNull ? [] : [.. value.Written.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        return value.CanBe(ValueForm.Text) || value.IsNull ? null : $"{value} is not a list of text";
    }, value => value.Count == 0 ? "[]" : $"[\"{string.Join("\", \"", value)}\"]");

    public static ValueKind<int> Integer(int least, int most, string? name = null) => new(name ?? $"{least}…{most}", (ConfigurationValue value, out int result) =>
    {
        result = 0;
        if (!value.CanBe(ValueForm.Number) || !int.TryParse(value.Written, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out result))
            return $"{value} is not a whole number";
        return result < least || result > most ? $"{value} is not between {least} and {most}" : null;
    }, value => value.ToString(CultureInfo.InvariantCulture));

    public static ValueKind<T> Choice<T>(params (string Word, T Value)[] words) => new(string.Join(", ", words.Select(w => $"\"{w.Word}\"")), (ConfigurationValue value, out T result) =>
    {
        result = words[0].Value;
        if (value.CanBe(ValueForm.Text))
            foreach (var (word, meaning) in words)
                if (word == value.Written)
                {
                    result = meaning;
                    return null;
                }
        return $"{value} is not one of {string.Join(", ", words.Select(w => w.Word))}";
    }, value => $"\"{words.First(w => EqualityComparer<T>.Default.Equals(w.Value, value)).Word}\"");

    private static string? ReadText(ConfigurationValue value, out string result)
    {
        result = value.Written;
        return !value.CanBe(ValueForm.Text) ? $"{value} is not text (write it in quotes)" : null;
    }

    private static ValueKind<SizeSetting> Size(string name, bool auto, bool share) => new(name, (ConfigurationValue value, out SizeSetting result) =>
    {
        result = default;
        if (value.CanBe(ValueForm.Text) && SizeSetting.TryParse(value.Written, out result) && (auto || !result.IsAuto) && (share || result.Percent is null))
            return null;
        return $"{value} is not a {name}; a size is written \"20GiB\", \"512MiB\" or \"500GB\"";
    }, value => $"\"{value}\"");

    private static ValueKind<T?> Optional<T>(ValueKind<T> kind) where T : struct => new(kind.Name + " or null", (ConfigurationValue value, out T? result) =>
    {
        result = null;
        if (value.IsNull)
            return null;
        var wrong = kind.Read(value, out var plain);
        result = plain;
        return wrong;
    }, value => value is { } plain ? kind.Show(plain) : "null");
}
