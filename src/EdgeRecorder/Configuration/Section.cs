using System.Globalization;
using System.Text.Json;

namespace EdgeRecorder.Configuration;

/// <summary>
/// The keys of one options class: name, kind, reason, and how to reach the property. File, environment, command line and the
/// documentation page all walk this one table, so none of them needs reflection and none can forget a key.
/// </summary>
internal sealed class Section<T>(string summary, params Entry<T>[] entries) where T : class
{
    private readonly Dictionary<string, Entry<T>> _byName = entries.ToDictionary(e => e.Name, StringComparer.Ordinal);

    public string Summary => summary;
    public IReadOnlyList<Entry<T>> Entries => entries;

    /// <summary>Reads the object the cursor stands on, up to its end.</summary>
    public void Read(ref JsonCursor cursor, T target, string path, Trail trail)
    {
        if (cursor.Type != JsonTokenType.StartObject)
        {
            trail.Wrong(cursor.Origin, path, "needs an object { … }");
            cursor.Skip();
            return;
        }
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (cursor.Read() && cursor.Type == JsonTokenType.PropertyName)
        {
            var (name, origin) = (cursor.Text(), cursor.Origin);
            cursor.Read();
            var key = path.Length == 0 ? name : $"{path}.{name}";
            if (!_byName.TryGetValue(name, out var entry))
                trail.Wrong(origin, key, "no such key" + NearMiss.Hint(name, _byName.Keys));
            else if (!seen.Add(name))
                trail.Wrong(origin, key, "stands here twice");
            else
            {
                trail.Note(key, origin);
                entry.Read(ref cursor, target, key, trail);
                continue;
            }
            cursor.Skip();
        }
    }

    /// <summary>Sets one key from the environment or the command line; names are matched without case, as variables often are upper case.</summary>
    public void Assign(T target, ReadOnlySpan<string> names, ConfigurationValue value, string path, Trail trail)
    {
        var name = names[0];
        var entry = entries.FirstOrDefault(e => string.Equals(e.Name, name, StringComparison.OrdinalIgnoreCase));
        var key = path.Length == 0 ? entry?.Name ?? name : $"{path}.{entry?.Name ?? name}";
        if (entry is null)
            trail.Wrong(value.Origin, key, "no such key" + NearMiss.Hint(name, _byName.Keys));
        else
            entry.Assign(target, names[1..], value, key, trail);
    }
}

/// <summary>One key of a section.</summary>
internal abstract class Entry<T>(string name, string reason) where T : class
{
    public string Name => name;
    public string Reason => reason;

    public abstract void Read(ref JsonCursor cursor, T target, string key, Trail trail);
    public abstract void Assign(T target, ReadOnlySpan<string> rest, ConfigurationValue value, string key, Trail trail);

    /// <summary>Adds this key's rows to the documentation page; <paramref name="defaults"/> is a fresh options object.</summary>
    public abstract void Describe(ConfigurationPage page, T defaults, string key);
}

/// <summary>A key with a scalar (or a list of text) behind it.</summary>
internal sealed class Value<T, TValue>(string name, ValueKind<TValue> kind, Func<T, TValue> get, Action<T, TValue> set, string reason)
    : Entry<T>(name, reason) where T : class
{
    public override void Read(ref JsonCursor cursor, T target, string key, Trail trail)
    {
        var origin = cursor.Origin;
        if (cursor.Type == JsonTokenType.StartArray && kind is ValueKind<List<string>>)
            Set(target, ReadList(ref cursor, key, trail), key, trail);
        else if (cursor.TryValue(out var value))
            Set(target, value, key, trail);
        else
        {
            trail.Wrong(origin, key, $"needs a value ({kind.Name}), not an object or a list");
            cursor.Skip();
        }
    }

    public override void Assign(T target, ReadOnlySpan<string> rest, ConfigurationValue value, string key, Trail trail)
    {
        if (rest.Length > 0)
            trail.Wrong(value.Origin, $"{key}.{rest[0]}", "no such key; it is a value");
        else
            Set(target, value, key, trail);
    }

    public override void Describe(ConfigurationPage page, T defaults, string key) => page.Row(key, kind.Name, kind.Show(get(defaults)), Reason);

    private void Set(T target, ConfigurationValue value, string key, Trail trail)
    {
        trail.Note(key, value.Origin);
        if (kind.Read(value, out var result) is { } wrong)
            trail.Wrong(value.Origin, key, wrong);
        else
            set(target, result);
    }

    private static ConfigurationValue ReadList(ref JsonCursor cursor, string key, Trail trail)
    {
        var origin = cursor.Origin;
        List<string> items = [];
        while (cursor.Read() && cursor.Type != JsonTokenType.EndArray)
            if (cursor.TryValue(out var item) && item.Form == ValueForm.Text && !item.Written.Contains(','))
                items.Add(item.Written);
            else
            {
                trail.Wrong(cursor.Origin, key, "needs text without commas as items");
                cursor.Skip();
            }
        return new(ValueForm.Text, string.Join(',', items), origin);
    }
}

/// <summary>A key with a section behind it.</summary>
internal sealed class Group<T, TInner>(string name, Func<T, TInner> get, Section<TInner> section) : Entry<T>(name, section.Summary)
    where T : class where TInner : class
{
    public override void Read(ref JsonCursor cursor, T target, string key, Trail trail) => section.Read(ref cursor, get(target), key, trail);

    public override void Assign(T target, ReadOnlySpan<string> rest, ConfigurationValue value, string key, Trail trail)
    {
        if (rest.Length == 0)
            trail.Wrong(value.Origin, key, "is a section; name a key below it");
        else
            section.Assign(get(target), rest, value, key, trail);
    }

    public override void Describe(ConfigurationPage page, T defaults, string key)
    {
        page.Heading(key, section.Summary);
        foreach (var entry in section.Entries)
            entry.Describe(page, get(defaults), $"{key}.{entry.Name}");
    }
}

/// <summary>A key with a list of sections behind it.</summary>
internal sealed class Items<T, TItem>(string name, Func<T, List<TItem>> get, Func<TItem> make, Section<TItem> section) : Entry<T>(name, section.Summary)
    where T : class where TItem : class
{
    public override void Read(ref JsonCursor cursor, T target, string key, Trail trail)
    {
        if (cursor.Type != JsonTokenType.StartArray)
        {
            trail.Wrong(cursor.Origin, key, "needs a list [ … ]");
            cursor.Skip();
            return;
        }
        var list = get(target);
        while (cursor.Read() && cursor.Type != JsonTokenType.EndArray)
        {
            var item = make();
            var itemKey = $"{key}[{list.Count}]";
            trail.Note(itemKey, cursor.Origin);
            list.Add(item);
            section.Read(ref cursor, item, itemKey, trail);
        }
    }

    public override void Assign(T target, ReadOnlySpan<string> rest, ConfigurationValue value, string key, Trail trail)
    {
        var list = get(target);
        if (rest.Length < 2 || !int.TryParse(rest[0], NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index > list.Count)
        {
            trail.Wrong(value.Origin, key, $"is a list: name an item from 0 to {list.Count} and its key");
            return;
        }
        if (index == list.Count)
        {
            list.Add(make());
            trail.Note($"{key}[{index}]", value.Origin);
        }
        section.Assign(list[index], rest[1..], value, $"{key}[{index}]", trail);
    }

    public override void Describe(ConfigurationPage page, T defaults, string key)
    {
        page.Heading(key + "[]", section.Summary);
        foreach (var entry in section.Entries)
            entry.Describe(page, make(), $"{key}[].{entry.Name}");
    }
}

/// <summary>What a pass over the sources leaves behind: findings, and the place each key was last set.</summary>
internal sealed class Trail
{
    private readonly Dictionary<string, Origin> _origins = new(StringComparer.Ordinal);

    public Findings Findings { get; } = new();

    public void Note(string key, Origin origin) => _origins[key] = origin;

    public void Wrong(Origin origin, string key, string what) => Findings.Add(origin, key, what);

    /// <summary>Place of the key, or of the nearest thing around it that was written.</summary>
    public Origin Of(string key)
    {
        for (var at = key; at.Length > 0; at = at[..Math.Max(0, at.LastIndexOfAny(['.', '[']))])
            if (_origins.TryGetValue(at, out var origin))
                return origin;
        return default;
    }
}
