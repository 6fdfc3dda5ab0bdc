//! The pages of a PDF, in order.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::file::File;
use super::lexer::{Dict, Object};
use crate::extract::Refusal;

/// A page: its dictionary, and the resources that are its own or inherited.
pub(super) struct Page {
    pub(super) dict: Rc<Dict>,
    pub(super) resources: Object,
}

/// All pages, by the tree of pages; of a file without one, all pages that there are.
pub(super) fn all(file: &File<'_>) -> Result<Vec<Page>, Refusal> {
    let mut pages = Vec::new();
    if let Object::Dict(catalog) = file.resolve(file.root())? {
        walk(file, catalog.get("Pages").clone(), &mut pages)?;
    }
    if pages.is_empty() {
        for number in file.numbers() {
            if let Object::Dict(dict) = file.resolve(&Object::Ref(number))?
                && dict.get("Type").name() == Some("Page")
            {
                let resources = dict.get("Resources").clone();
                pages.push(Page { dict, resources });
            }
        }
    }
    Ok(pages)
}

fn walk(file: &File<'_>, root: Object, pages: &mut Vec<Page>) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    // Nodes still to visit, the next one last, each with the resources that it inherits.
    let mut waiting = vec![(root, Object::Null)];
    while let Some((node, inherited)) = waiting.pop() {
        if let Object::Ref(number) = node
            && !seen.insert(number)
        {
            continue;
        }
        let Object::Dict(dict) = file.resolve(&node)? else { continue };
        let resources = match dict.get("Resources") {
            Object::Null => inherited,
            own => own.clone(),
        };
        match file.resolve(dict.get("Kids"))? {
            Object::Array(kids) => {
                let kids = kids.iter().rev().filter(|kid| matches!(kid, Object::Ref(_)));
                waiting.extend(kids.map(|kid| (kid.clone(), resources.clone())));
            }
            _ => pages.push(Page { dict, resources }),
        }
    }
    Ok(())
}
